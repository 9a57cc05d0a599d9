import type { PiecesPlan, Plan } from '../plan/plan.ts';
import type { Rounds } from './expected-rounds.ts';
import { expectedRounds } from './expected-rounds.ts';
import type { Usage } from './usage.ts';
import { addUsage } from './usage.ts';
import type { Workers } from './workers.ts';
import { bringingSeconds, gbSecondsOf } from './workers.ts';

/** How a plan is carried out. */
export interface Conditions {
  readonly workers: Workers;
  /** Pieces in flight. */
  readonly places: number;
  /** Of one connection to the source. @default `USUAL_BYTES_PER_SECOND` */
  readonly bytesPerSecond?: number;
}

/** Of one connection, where nothing is known of the source. */
export const USUAL_BYTES_PER_SECOND = 8 * 1024 ** 2;
/** What a store's own copy of a part was seen to take at least; AWS states no number. */
const COPY_BYTES_PER_SECOND = 100 * 1024 ** 2;

/** What each transfer asks, whatever is in it: its key, marker, sealed source and record, the looks at its host. */
const BASE = { s3Writes: 8, s3Reads: 10, queueRequests: 9, events: 3, apiRequests: 1 };
/** Of one that is put at once: its record three times, and no look at its host; two messages, received and deleted. */
const BASE_OF_PUT = { ...BASE, s3Writes: 6, s3Reads: 5, queueRequests: 6 };
/** Of the finalizer for one round, of the API's function for a request: three or four requests to S3. */
const ROUND_SECONDS = 0.2;
/** Of the planner besides bytes: the source is looked at, and its speed; the completion is proved. */
const PLANNING_SECONDS = 4;
const FINISHING_SECONDS = 3;
/**
 * What it takes more to hand a stream over to the workers of streams: a message, and a run for it that takes the
 * record on, asks for the sealed source and looks at source and destination once more.
 */
const HAND_OVER = { s3Writes: 1, s3Reads: 2, queueRequests: 3, functionRuns: 1, seconds: 1 };
/** Who brings a stream looks after so many seconds, between two parts, whether it is still the one to do so. */
const LOOK_SECONDS = 5;

/**
 * What a transfer by this plan will use of AWS: a model of what `node bench/count-requests.ts` counts on the functions'
 * own code, and a test holds it to that. It knows of no failures, of no waiting for places that other transfers have,
 * and of full hand-overs: Lambda may be given fewer pieces by SQS at once than there are.
 * @param plan of unknown size (a stream that does not say it): as if it had no bytes
 */
export function expectedUsage(plan: Plan, conditions: Conditions): Usage {
  if (plan.mode === 'pieces') return ofPieces(plan, conditions);
  const { workers, bytesPerSecond = USUAL_BYTES_PER_SECOND } = conditions;
  const bytes = plan.sizeBytes ?? 0;
  const seconds = bringingSeconds(bytes, { bytesPerSecond, sideBySide: 1, memoryMiB: workers.plannerMemoryMiB });
  const looks = seconds / 60;
  const base = plan.mode === 'single' ? BASE_OF_PUT : BASE;
  const whole: Usage = {
    ...base,
    s3Writes: base.s3Writes + 1 + looks,
    s3Reads: base.s3Reads + 3 * looks,
    functionRuns: 3,
    gbSeconds:
      gbSecondsOf(workers.plannerMemoryMiB, 1 + seconds) + gbSecondsOf(workers.metadataMemoryMiB, 2 * ROUND_SECONDS),
    bytes,
  };
  if (plan.mode === 'single') return whole;
  const parts = Math.ceil(bytes / plan.pieceSizeBytes);
  return addUsage(whole, {
    s3Writes: parts + 3 + HAND_OVER.s3Writes,
    s3Reads: Math.min(parts, seconds / LOOK_SECONDS) + HAND_OVER.s3Reads,
    queueRequests: HAND_OVER.queueRequests,
    functionRuns: 1 + HAND_OVER.functionRuns,
    gbSeconds: gbSecondsOf(workers.plannerMemoryMiB, FINISHING_SECONDS + HAND_OVER.seconds),
  });
}

/** How long that transfer will take, in seconds; what is unknown of it counts as nothing. */
export function expectedSeconds(plan: Plan, conditions: Conditions): number {
  if (plan.mode === 'pieces') return roundsOf(plan, conditions).seconds;
  const { workers, bytesPerSecond = USUAL_BYTES_PER_SECOND } = conditions;
  const { plannerMemoryMiB: memoryMiB } = workers;
  return 3 + bringingSeconds(plan.sizeBytes ?? 0, { bytesPerSecond, sideBySide: 1, memoryMiB });
}

function ofPieces(plan: PiecesPlan, conditions: Conditions): Usage {
  const { fetcherMemoryMiB, plannerMemoryMiB, metadataMemoryMiB } = conditions.workers;
  const { pieceCount, sizeBytes } = plan;
  const rounds = roundsOf(plan, conditions);
  const looks = rounds.seconds / 60;
  const listed = Math.ceil(pieceCount / 1000);
  return {
    ...BASE,
    // A part for each piece, the record and perhaps the host's entry for each round; the parts are listed at the end.
    s3Writes: BASE.s3Writes + pieceCount + rounds.finalizerRuns + looks + rounds.seconds / 100 + 2 * listed,
    // The host's entry for each piece and round, the record for each round and now and then for the fetchers.
    s3Reads: BASE.s3Reads + pieceCount + rounds.recordReads + 2 * rounds.finalizerRuns + rounds.sealedReads + 3 * looks,
    // Loads and results are sent, and results received and deleted, by tens. A run of a fetcher receives, holds and
    // deletes.
    queueRequests: BASE.queueRequests + 3 * rounds.sends + 3 * rounds.fetcherRuns,
    functionRuns: 3 + rounds.fetcherRuns + rounds.finalizerRuns,
    gbSeconds:
      gbSecondsOf(fetcherMemoryMiB, rounds.fetcherSeconds) +
      gbSecondsOf(plannerMemoryMiB, PLANNING_SECONDS + FINISHING_SECONDS) +
      gbSecondsOf(metadataMemoryMiB, (rounds.finalizerRuns + 1 + looks) * ROUND_SECONDS),
    bytes: plan.serverSideCopy === true ? 0 : sizeBytes,
  };
}

function roundsOf(plan: PiecesPlan, { workers, places: asked, bytesPerSecond }: Conditions): Rounds {
  const { pieceCount, sizeBytes, serverSideCopy } = plan;
  const { fetcherMemoryMiB, piecesPerFetcher, maxFetchers } = workers;
  const places = Math.max(1, Math.min(asked, pieceCount, maxFetchers * piecesPerFetcher));
  const pieceBytes = sizeBytes / pieceCount;
  const pieceSeconds =
    serverSideCopy === true
      ? pieceBytes / COPY_BYTES_PER_SECOND
      : bringingSeconds(pieceBytes, {
          bytesPerSecond: bytesPerSecond ?? USUAL_BYTES_PER_SECOND,
          sideBySide: Math.min(places, piecesPerFetcher),
          memoryMiB: fetcherMemoryMiB,
        });
  return expectedRounds({ pieceCount, pieceSizeBytes: pieceBytes, places, pieceSeconds, workers });
}
