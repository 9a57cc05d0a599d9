import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { sealedRunOf } from '../../transfer/record/record.ts';
import type { Failed } from '../../transfer/record/states.ts';
import type { NextRun } from '../../transfer/record/transitions.ts';
import { retried } from '../../transfer/record/transitions.ts';
import { stated } from '../../values/stated.ts';
import { dropRun, markActive } from '../shared/markers.ts';
import type { Ports } from '../shared/ports.ts';
import { noteOpen } from '../shared/quotas/open.ts';
import type { Loaded } from '../shared/store.ts';
import { saveTransfer } from '../shared/store.ts';

/**
 * Starts a failed transfer again. Marker and sealed source of the new run stand before the record says so;
 * those of the old one go after it.
 * @param source `undefined` = what the old run has sealed holds for the new one too.
 * @throws PieceworkError `Conflict`: read again, decide again; `QuotaExceeded`.
 */
export async function startNextRun(
  ports: Ports,
  loaded: Loaded<Failed>,
  source: SourceLocator | undefined,
  more: Omit<NextRun, 'sealedRun'> = {},
): Promise<TransferRecord> {
  const { id, run } = loaded.record;
  const { owner = loaded.record.owner, batch = loaded.record.batch } = more;
  if (batch === undefined) await noteOpen(ports, owner, { id, run: run + 1 });
  await markActive(ports, id, run + 1);
  if (source !== undefined) await ports.secrets.seal(id, run + 1, source);
  const { request, actedBy } = more;
  const sealedRun = source === undefined ? sealedRunOf(loaded.record) : undefined;
  const next = stated({ request, owner: more.owner, batch: more.batch, actedBy, sealedRun });
  const stored = await saveTransfer(ports, loaded, retried(loaded.record, ports.clock.now(), next));
  await dropRun(ports, stored.record, run);
  await ports.queues.planner.send([{ body: { kind: 'plan', v: 1, transferId: id } }]);
  return stored.record;
}
