import { FETCHER_CONNECTIONS, RESULTS_WINDOW_SECONDS } from '../../lib/aws/names.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { fractionOf } from '../../lib/values/random.ts';
import { bringOne } from './bring-one.ts';
import { countedDestination, countedRecords, countedSecrets, Requests } from './requests.ts';
import { countedSources } from './source.ts';
import { startStages } from './stages.ts';
import { Timeline } from './timeline.ts';

const PIECE_BYTES = 16;
export interface Case {
  readonly pieceCount: number;
  readonly places: number;
  /** Of the pieces' first tries. */
  readonly failing: number;
  /** How long results are collected for one finalizer run. @default the construct's */
  readonly windowSeconds?: number;
  /** @default 2 */
  readonly pieceSeconds?: number;
}

export interface Counted extends Required<Case> {
  readonly requests: Requests;
  readonly finalizerRuns: number;
  readonly fetcherRuns: number;
  /** Of all fetcher runs together. */
  readonly fetcherSeconds: number;
  readonly seconds: number;
}

/** Runs one transfer on the code of the functions, in simulated time, and counts what it asks of AWS. */
export async function countTransfer(one: Case): Promise<Counted> {
  const { pieceCount, places, failing, windowSeconds = RESULTS_WINDOW_SECONDS, pieceSeconds = 2 } = one;
  const time = new Timeline();
  const requests = new Requests();
  const records = countedRecords(requests, time);
  const sealed = new Map<string, SourceLocator>();
  // One server for all workers: it breaks off first tries, by any of them.
  const sources = countedSources(pieceCount * PIECE_BYTES, { failing });
  let nth = 0;
  const destination = countedDestination(requests, time, () => {
    nth += 1;
    return 1000 * pieceSeconds * (0.5 + fractionOf(`piece ${nth}`));
  });
  // Of all environments: a piece fails at its first try, wherever the next one is made.
  const { api, runs } = startStages({
    time,
    requests,
    work: 'piece',
    hostConnections: places,
    windowSeconds,
    portsOf: (shared) => ({
      ...shared,
      records,
      secrets: countedSecrets(requests, time, sealed),
      sources,
      destinations: () => destination,
      windows: windowPool({
        windowBytes: PIECE_BYTES,
        count: FETCHER_CONNECTIONS.most,
        allocate: (bytes) => Buffer.alloc(bytes),
      }),
    }),
  });

  const parallelism = Math.min(256, places);
  const seconds = await bringOne({ time, requests, api, parallelism, pieceSizeBytes: PIECE_BYTES });
  return {
    pieceCount,
    places,
    failing,
    windowSeconds,
    pieceSeconds,
    requests,
    finalizerRuns: runs.finalizer,
    fetcherRuns: runs.fetcher,
    fetcherSeconds: runs.fetcherMs / 1000,
    seconds,
  };
}
