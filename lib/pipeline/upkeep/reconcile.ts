import { KEYS } from '../../records/records.ts';
import { isDue } from '../../transfer/decide/due.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Transfer } from '../../transfer/record/states.ts';
import { takeRun, tombstone } from '../../transfer/record/transitions-runs.ts';
import { fromIso } from '../../values/time.ts';
import { advance } from '../advance/advance.ts';
import { settle } from '../settle/settle.ts';
import type { ActiveTransfer } from '../shared/markers.ts';
import { dropRun } from '../shared/markers.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';
import { createTransfer, loadNarrowed, saveTransfer } from '../shared/store.ts';
import { isLostSwap } from '../shared/taken-over.ts';

/**
 * The schedule's tick: looks at one active transfer and repairs what a crash or a lost message left (protocol §7).
 * `now` = the caller knows that nothing of it is in flight, as after a restart on one machine.
 * @returns the record as it was found; `undefined` = there was none
 */
export async function reconcile(
  ports: Ports,
  { transferId, run }: ActiveTransfer,
  options: { readonly now: boolean },
  signal: AbortSignal,
): Promise<TransferRecord | undefined> {
  const loaded = await loadNarrowed(ports, transferId);
  const { record } = loaded ?? {};
  if (loaded === undefined || record === undefined) await leaveTombstone(ports, { transferId, run }, signal);
  else if (run > record.run) await takeStrayMarker(ports, loaded, { transferId, run }, signal);
  else if (run < record.run) await dropRun(ports, record, run);
  else if (options.now) await advance(ports, transferId, [{ kind: 'tick', now: true }], signal, loaded);
  else if (isDue(record, ports.clock.now())) await advance(ports, transferId, [{ kind: 'tick' }], signal, loaded);
  return record;
}

/**
 * A marker whose record was never written: a tombstone takes its place first, so that a late submit meets it (rule 16).
 */
async function leaveTombstone(ports: Ports, active: ActiveTransfer, signal: AbortSignal): Promise<void> {
  if (!(await isOld(ports, active))) return;
  try {
    await createTransfer(ports, tombstone(active.transferId, active.run, ports.clock.now()));
  } catch (error) {
    if (!isLostSwap(error)) throw error;
    return;
  }
  await settle(ports, active.transferId, signal);
}

/**
 * A retry was cut off before its record, and left a marker and perhaps a sealed source. The failed record
 * takes the run's number, so that both are its own to clean up, and a retry that is still on its way loses
 * its swap instead of its marker.
 */
async function takeStrayMarker(
  ports: Ports,
  loaded: Loaded<Transfer>,
  active: ActiveTransfer,
  signal: AbortSignal,
): Promise<void> {
  const { record } = loaded;
  if (record.status !== 'failed' || !(await isOld(ports, active))) return;
  const stored = await saveTransfer(ports, loaded, takeRun(record, active.run));
  await dropRun(ports, stored.record, record.run);
  await settle(ports, record.id, signal);
}

async function isOld(ports: Ports, { transferId, run }: ActiveTransfer): Promise<boolean> {
  const marker = await ports.records.get(KEYS.active(transferId, run));
  const { deadSubmitMs = ports.policy.orphanAgeMs } = ports.policy;
  return marker !== undefined && ports.clock.now() - fromIso(marker.value.at) >= deadSubmitMs;
}
