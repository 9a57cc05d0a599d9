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
