import type { HostEntry } from '../../../../records/records.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { claimPlaces, leased } from '../../../../transfer/decide/sharing/shares.ts';
import { ownerMark } from '../../../../values/text/owner-name.ts';
import type { Instant } from '../../../../values/time.ts';
import { sharerOf } from '../../../shared/hosts/batch-share.ts';
import { changeHost, wake } from '../../../shared/hosts/change.ts';
import { ceilingOf, closedUntil } from '../../../shared/hosts/entry.ts';
import { withoutOldForm, withoutShare } from '../../../shared/hosts/share.ts';
import type { Ports } from '../../../shared/ports.ts';

/**
 * Places of a host that the batch may use, as one of those who share it: written down as its own before any shard is
 * sent into them. Where others are faster each time, it has none this time.
 */
export async function takeBatchPlaces(
  ports: Ports,
  { id: batchId, owner = 'local' }: Pick<BatchRecord, 'id' | 'owner'>,
  host: string,
  wanted: number,
  signal: AbortSignal,
): Promise<{ readonly places: number; readonly closedUntil: Instant }> {
  const claim = (entry: HostEntry) => {
    const closed = closedUntil(entry);
    const ceiling = ceilingOf(ports, entry)?.connections;
    if (ports.policy.hostCeiling === undefined || ceiling === undefined) return { places: wanted, closed };
    const now = ports.clock.now();
    const claimed = { ceiling, wanted, now, owner: ownerMark(owner) };
    const { places, sharers } = claimPlaces(leased(entry.sharers, now), sharerOf(batchId), claimed);
    return sharers === undefined ? { places, closed } : { places, closed, next: { ...withoutOldForm(entry), sharers } };
  };
  const { last, isWritten } = await changeHost<{ places: number; closed: Instant; next?: HostEntry }>(
    ports,
    host,
    claim,
    signal,
  );
  return { places: isWritten || last.next === undefined ? last.places : 0, closedUntil: last.closed };
}

/** Where it is lost, the lease ends by itself. */
export async function giveBackBatchPlaces(
  ports: Ports,
  batchId: string,
  host: string,
  kept: number | 'left',
  signal: AbortSignal,
): Promise<void> {
  if (ports.policy.hostCeiling === undefined) return;
  const change = (entry: HostEntry) => withoutShare(ports, entry, sharerOf(batchId), kept);
  const { last, isWritten } = await changeHost(ports, host, change, signal);
  if (isWritten) await wake(ports, last.woken ?? []);
}
