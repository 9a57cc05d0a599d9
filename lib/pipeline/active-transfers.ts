import { KEYS } from '../records/records.ts';
import type { Ports } from './ports.ts';

/** A marker that stands: transfer and run in which work remains. */
export interface ActiveTransfer {
  readonly transferId: string;
  readonly run: number;
}

export async function* activeTransfers(ports: Pick<Ports, 'records'>): AsyncGenerator<ActiveTransfer> {
  let cursor: string | undefined;
  do {
    const page = await ports.records.list('active/', cursor);
    for (const path of page.paths) {
      const [, transferId, run] = path.split('/');
      if (transferId !== undefined && run !== undefined) yield { transferId, run: Number(run) };
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/**
 * Sealed sources that no marker tells of. Whoever seals puts the marker first; but of two submits (or retries) of one transfer, the slower may
 * seal when the other's run has ended and been cleaned up, and die. To reconcile such a run deletes what was sealed for it.
 */
export async function* unmarkedSealed(ports: Pick<Ports, 'records' | 'secrets'>): AsyncGenerator<ActiveTransfer> {
  for await (const { transferId, run } of ports.secrets.list()) {
    if ((await ports.records.get(KEYS.active(transferId, run))) === undefined) yield { transferId, run };
  }
}
