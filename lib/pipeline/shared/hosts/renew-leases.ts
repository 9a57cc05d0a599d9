import type { HostEntry } from '../../../records/records.ts';
import { hostOf } from '../../../records/records.ts';
import type { Asked } from '../../../transfer/decide/sharing/leases.ts';
import { leasesDue, withLeases } from '../../../transfer/decide/sharing/leases.ts';
import { leased } from '../../../transfer/decide/sharing/shares.ts';
import { isOver } from '../../../transfer/record/record.ts';
import type { Transfer } from '../../../transfer/record/states.ts';
import { isInPieces } from '../../../transfer/record/states.ts';
import { fromIso } from '../../../values/time.ts';
import { sideBySide } from '../side-by-side.ts';
import { loadNarrowed } from '../store.ts';
import { batchSharing } from './batch-share.ts';
import { changeHost } from './change.ts';
import type { HostPorts } from './entry.ts';
import { readHostEntry } from './entry.ts';
import { withoutOldForm } from './share.ts';

/** Records that are read at a time. */
const SIDE_BY_SIDE = 16;
/** So long after its end a transfer can't be at a host any more, nor be retried without being seen. */
const GONE_MS = 60_000;

/**
 * Renews the leases of all that share the host with this transfer, as far as that is its part: those whose records say
 * that they are fetched in pieces. One that is over and still stands there is taken out: its leave was lost. Those of
 * batches are renewed by their batches.
 */
export async function renewLeases(
  ports: HostPorts,
  { id, request }: Pick<Transfer, 'id' | 'request'>,
  signal: AbortSignal,
): Promise<void> {
  const host = hostOf(request.source.url);
  const sharers = leased((await readHostEntry(ports, host))?.value.sharers, ports.clock.now());
  const due = leasesDue(sharers, id, ports.clock.now()).filter((other) => batchSharing(other) === undefined);
  if (due.length === 0) return;
  const asked = await ask(ports, due);
  const change = (entry: HostEntry) => {
    const now = ports.clock.now();
    const renewed = withLeases(leased(entry.sharers, now), { ...asked, atWork: [id, ...asked.atWork] }, now);
    return renewed === undefined ? {} : { next: { ...withoutOldForm(entry), sharers: renewed } };
  };
  await changeHost(ports, host, change, signal);
}

/** By their records. What can't be read now is neither: its lease ends by itself. */
async function ask(ports: HostPorts, ids: readonly string[]): Promise<Asked> {
  const atWork: string[] = [];
  const gone: string[] = [];
  await sideBySide(ids, SIDE_BY_SIDE, async (id) => {
    const record = await loadNarrowed(ports, id).then(
      (loaded) => loaded?.record,
      () => undefined,
    );
    if (record?.status === 'transferring' && isInPieces(record)) atWork.push(id);
    if (record !== undefined && hasLongEnded(record, ports.clock.now())) gone.push(id);
  });
  return { atWork, gone };
}

function hasLongEnded(record: Transfer, now: number): boolean {
  return isOver(record) && record.endedAt !== undefined && now - fromIso(record.endedAt) > GONE_MS;
}
