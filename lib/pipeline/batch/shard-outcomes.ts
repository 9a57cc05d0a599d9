import { PieceworkError } from '../../errors/error.ts';
import type { Version } from '../../records/records.ts';
import { KEYS } from '../../records/records.ts';
import type { Outcome } from '../../transfer/batch/outcome.ts';
import { isThere, merged } from '../../transfer/batch/outcome.ts';
import type { DigestAlgorithm } from '../../transfer/digests.ts';
import type { BatchPorts } from './batch-ports.ts';

/** What has become of a shard's entries, and the record of it. */
export interface OpenOutcomes {
  readonly shard: number;
  /** Those that count: of an earlier run, and of this one. */
  readonly all: readonly Outcome[];
  add(outcome: Outcome): void;
  /** Writes all of them where something is new since the last time. */
  checkpoint(): Promise<void>;
}

const SWAP_TRIES = 8;

/**
 * @param keepsFailures false = what failed or was cancelled earlier is done again
 * @param checksums what is there is done again where one of these is not known of it
 */
export async function openOutcomes(
  ports: Pick<BatchPorts, 'records'>,
  batchId: string,
  shard: number,
  keepsFailures: boolean,
  checksums: readonly DigestAlgorithm[] = [],
): Promise<OpenOutcomes> {
  const key = KEYS.outcomes(batchId, shard);
  const found = await ports.records.get(key);
  let version: Version | 'absent' = found?.version ?? 'absent';
  const earlier = (found?.value.outcomes ?? []).filter(
    (one) => keepsFailures || (isThere(one) && checksums.every((algorithm) => one.digests?.[algorithm] !== undefined)),
  );
  const byEntry = new Map(earlier.map((outcome) => [outcome.entry, outcome]));
  let isNew = false;

  /** Another worker of this shard was faster: double work, and no harm. */
  async function mergeWithTheirs(): Promise<void> {
    const theirs = await ports.records.get(key);
    for (const outcome of merged([...byEntry.values()], theirs?.value.outcomes ?? []))
      byEntry.set(outcome.entry, outcome);
    version = theirs?.version ?? 'absent';
  }

  return {
    shard,
    get all() {
      return [...byEntry.values()];
    },
    add(outcome) {
      byEntry.set(outcome.entry, outcome);
      isNew = true;
    },
    async checkpoint() {
      if (!isNew) return;
      isNew = false;
      for (let tries = 1; ; tries += 1) {
        try {
          version = await ports.records.put(key, { v: 1, shard, outcomes: [...byEntry.values()] }, version);
          return;
        } catch (error) {
          if (!(error instanceof PieceworkError) || error.reaction === 'fail' || tries >= SWAP_TRIES) {
            isNew = true;
            throw error;
          }
          await mergeWithTheirs();
        }
      }
    },
  };
}
