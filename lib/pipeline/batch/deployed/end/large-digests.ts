import { PieceworkError } from '../../../../errors/error.ts';
import { KEYS } from '../../../../records/records.ts';
import { placeUnder } from '../../../../transfer/batch/batch-place.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { runOf } from '../../../../transfer/batch/batch-record.ts';
import type { Outcome, ShardOutcomes } from '../../../../transfer/batch/outcome.ts';
import { isThere } from '../../../../transfer/batch/outcome.ts';
import type { Digests } from '../../../../transfer/digests.ts';
import type { Instant } from '../../../../values/time.ts';
import { changeDocument } from '../../../shared/batches/documents.ts';
import type { Ports } from '../../../shared/ports.ts';
import { digestsOfStored } from '../../entry/expected-digests.ts';
import type { ShardIndex } from '../../run-shards.ts';

/** What a planner reads and hashes in a second at least. */
const LEAST_BYTES_PER_MS = 40 * 1024;

/**
 * Gives large entries the digests that the batch is to have: a transfer keeps those that were expected, and the others
 * are of what is stored, read once. What is more than one planner reads in its life is left without, and a warning
 * says so.
 * @returns false: there is more of it than this planner has time for
 */
export async function addLargeDigests(
  ports: Ports,
  batch: BatchRecord,
  shards: readonly ShardIndex[],
  signal: AbortSignal,
): Promise<boolean> {
  const { plannerLifeMs, streamLifeMs = plannerLifeMs } = ports.policy;
  const endsAt = ports.clock.now() + streamLifeMs;
  for (const { number } of shards) {
    const found = (await ports.records.get(KEYS.outcomes(batch.id, number)))?.value;
    for (const outcome of found?.outcomes ?? []) {
      if (!lacksDigest(batch, outcome)) continue;
      signal.throwIfAborted();
      const takesMs = (outcome.sizeBytes ?? 0) / LEAST_BYTES_PER_MS;
      if (takesMs > streamLifeMs) await leaveOut(ports, batch, outcome, 'is more than a function reads in its time');
      else if (!isInTime(ports, takesMs, endsAt)) return false;
      else await addDigests(ports, batch, number, outcome, signal);
    }
  }
  return true;
}

function lacksDigest({ options: { checksums = [] } }: BatchRecord, outcome: Outcome): boolean {
  return isThere(outcome) && checksums.some((one) => outcome.digests?.[one] === undefined);
}

function isInTime({ clock }: Ports, takesMs: number, endsAt: Instant): boolean {
  return clock.now() + takesMs <= endsAt;
}

async function addDigests(
  ports: Ports,
  batch: BatchRecord,
  shard: number,
  { entry, name, sizeBytes = 0, digests = {} }: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const { id, place, options } = batch;
  const at = { destination: ports.destinations(place), locate: (of: string) => placeUnder(place, of) };
  let read: Digests;
  try {
    read = await digestsOfStored(
      at,
      { entry: { name }, checksums: options.checksums ?? [] },
      { sizeBytes, digests },
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PieceworkError) || error.reaction !== 'fail') throw error;
    return await leaveOut(ports, batch, { name }, `can't be read back (${error.message})`);
  }
  await changeDocument<ShardOutcomes>(ports, KEYS.outcomes(id, shard), (there) => {
    if (there === undefined || (there.run ?? 1) !== runOf(batch)) return undefined;
    const outcomes = there.outcomes.map((one) => (one.entry === entry ? { ...one, digests: read } : one));
    return { ...there, outcomes };
  });
}

async function leaveOut(
  ports: Ports,
  { id }: BatchRecord,
  { name }: Pick<Outcome, 'name'>,
  why: string,
): Promise<void> {
  const message = `${name} of batch ${id} ${why}: it is not in the list of checksums`;
  await ports.events.emit({ type: 'warning', message });
}
