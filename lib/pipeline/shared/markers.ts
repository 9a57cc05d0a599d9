import { KEYS } from '../../records/records.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isSettled, sealedRunOf } from '../../transfer/record/record.ts';
import { toIso } from '../../values/time.ts';
import { pathsUnder } from './paths-under.ts';
import type { Ports } from './ports.ts';
import { forgetOpen } from './quotas/open.ts';
import { createUnlessThere } from './store.ts';

/** Work remains: stands before the record does, and goes last (rule 15). */
export async function markActive(ports: Pick<Ports, 'records' | 'clock'>, id: string, run: number): Promise<void> {
  await createUnlessThere(ports, KEYS.active(id, run), { v: 1, at: toIso(ports.clock.now()) });
}

/** A marker that stands: transfer and run in which work remains. */
export interface ActiveTransfer {
  readonly transferId: string;
  readonly run: number;
}

export async function* activeTransfers(ports: Pick<Ports, 'records'>): AsyncGenerator<ActiveTransfer> {
  for await (const path of pathsUnder(ports.records, 'active/')) yield* activeOf(path);
}

/** Of a marker's path; none where it is no marker's. */
export function activeOf(path: string): readonly ActiveTransfer[] {
  const [, transferId, run] = path.split('/');
  return transferId === undefined || run === undefined ? [] : [{ transferId, run: Number(run) }];
}

/**
 * Sealed sources that no marker names. The marker is put first, then the source is sealed; but of two submits (or
 * retries) of one transfer, the slower may seal when the other's run has ended and been cleaned up, and die. To
 * reconcile such a run deletes what was sealed for it.
 *
 * Two lists are compared, a thousand names a request: to ask for each marker took an hour at 100,000 transfers. One
 * that came after its page was read is asked for.
 */
export async function* unmarkedSealed(ports: Pick<Ports, 'records' | 'secrets'>): AsyncGenerator<ActiveTransfer> {
  const marked = new Set<string>();
  for await (const { transferId, run } of activeTransfers(ports)) marked.add(KEYS.active(transferId, run).path);
  for await (const { transferId, run } of ports.secrets.list()) {
    const marker = KEYS.active(transferId, run);
    if (!marked.has(marker.path) && (await ports.records.get(marker)) === undefined) yield { transferId, run };
  }
}

/**
 * What an earlier run leaves when nothing of it remains to be done: the source sealed for it, or for one before by
 * which it still went, unless the record goes by it even now (one that is settled goes by none); and last its marker.
 */
export async function dropRun(
  ports: Pick<Ports, 'records' | 'secrets' | 'policy'>,
  record: TransferRecord,
  run: number,
): Promise<void> {
  for (let sealed = 1; sealed <= run; sealed += 1) {
    if (sealed !== sealedRunOf(record) || isSettled(record)) await ports.secrets.discard(record.id, sealed);
  }
  if (record.batch === undefined) await forgetOpen(ports, record.owner, { id: record.id, run });
  await ports.records.delete(KEYS.active(record.id, run));
}
