import { KEYS } from '../records/records.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import type { TransferRecord } from '../transfer/record.ts';
import { isSettled, sealedRunOf } from '../transfer/record.ts';
import { retried } from '../transfer/transitions.ts';
import { toIso } from '../values/time.ts';
import type { Ports } from './ports.ts';
import type { Loaded } from './store.ts';
import { createUnlessThere, saveTransfer } from './store.ts';

/** Work remains: stands before the record does, and goes last. */
export async function markActive(ports: Pick<Ports, 'records' | 'clock'>, id: string, run: number): Promise<void> {
  await createUnlessThere(ports, KEYS.active(id, run), { v: 1, at: toIso(ports.clock.now()) });
}

/**
 * Starts a failed transfer again. Marker and sealed source of the new run stand before the record says so; those of the old one go after it.
 * @param source `undefined` = what the old run has sealed holds for the new one too.
 * @throws PieceworkError `Conflict`: read again, decide again.
 */
export async function startNextRun(
  ports: Ports,
  loaded: Loaded,
  source: SourceLocator | undefined,
  request = loaded.record.request,
): Promise<TransferRecord> {
  const { sealedRun: _, ...before } = loaded.record;
  const { id, run } = before;
  await markActive(ports, id, run + 1);
  if (source !== undefined) await ports.secrets.seal(id, run + 1, source);
  const next = retried({ ...before, request }, ports.clock.now());
  const stored = await saveTransfer(
    ports,
    loaded,
    source === undefined ? { ...next, sealedRun: sealedRunOf(loaded.record) } : next,
  );
  await dropRun(ports, stored.record, run);
  await ports.queues.planner.send([{ body: { kind: 'plan', v: 1, transferId: id } }]);
  return stored.record;
}

/**
 * What an earlier run leaves when nothing of it remains to be done: the source sealed for it, or for one before by which it still went, unless
 * the record goes by it even now (one that is settled goes by none); and last its marker.
 */
export async function dropRun(
  ports: Pick<Ports, 'records' | 'secrets'>,
  record: TransferRecord,
  run: number,
): Promise<void> {
  for (let sealed = 1; sealed <= run; sealed += 1) {
    if (sealed !== sealedRunOf(record) || isSettled(record)) await ports.secrets.discard(record.id, sealed);
  }
  await ports.records.delete(KEYS.active(record.id, run));
}
