import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { sealedRunOf } from '../../transfer/record/record.ts';
import { retried } from '../../transfer/record/transitions.ts';
import { dropRun, markActive } from '../shared/markers.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';
import { saveTransfer } from '../shared/store.ts';

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
