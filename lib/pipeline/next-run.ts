import { PieceworkError } from '../errors/error.ts';
import { KEYS } from '../records/records.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import type { TransferRecord } from '../transfer/record.ts';
import { retried } from '../transfer/transitions.ts';
import { toIso } from '../values/time.ts';
import type { Ports } from './ports.ts';
import { type Loaded, saveTransfer } from './store.ts';

/** Work remains: stands before the record does, and goes last. */
export async function markActive(ports: Pick<Ports, 'records' | 'clock'>, id: string, run: number): Promise<void> {
  try {
    await ports.records.put(KEYS.active(id, run), { v: 1, at: toIso(ports.clock.now()) }, 'absent');
  } catch (error) {
    if (!(error instanceof PieceworkError) || error.code !== 'Conflict') throw error;
  }
}

/**
 * Starts a failed transfer again. Marker and sealed source of the new run stand before the record says so; those of the old one go after it.
 * @throws PieceworkError `Conflict`: read again, decide again.
 */
export async function startNextRun(ports: Ports, loaded: Loaded, source: SourceLocator, request = loaded.record.request): Promise<TransferRecord> {
  const { id, run } = loaded.record;
  await markActive(ports, id, run + 1);
  await ports.secrets.seal(id, run + 1, source);
  const stored = await saveTransfer(ports, loaded, retried({ ...loaded.record, request }, ports.clock.now()));
  await dropRun(ports, id, run);
  await ports.queues.planner.send([{ body: { kind: 'plan', v: 1, transferId: id } }]);
  return stored.record;
}

/** What a run leaves when nothing of it remains to be done: its sealed source, and last its marker. */
export async function dropRun(ports: Pick<Ports, 'records' | 'secrets'>, id: string, run: number): Promise<void> {
  await ports.secrets.discard(id, run);
  await ports.records.delete(KEYS.active(id, run));
}
