import { FETCHER_CONNECTIONS, RESULTS_WINDOW_SECONDS } from '../../lib/aws/names.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import { loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { fractionOf } from '../../lib/values/random.ts';
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
  let nth = 0;
  const destination = countedDestination(requests, time, () => {
    nth += 1;
    return 1000 * pieceSeconds * (0.5 + fractionOf(`piece ${nth}`));
  });
  const sources = countedSources(pieceCount * PIECE_BYTES, failing);
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

  const startedAt = time.now();
  const submitted = submit(api, {
    source: { url: 'https://example.com/file' },
    destination: { kind: 's3', bucket: 'bucket', key: 'key' },
    object: {},
    options: { ...DEFAULT_OPTIONS, parallelism: Math.min(256, places), pieceSizeBytes: PIECE_BYTES },
    owner: 'arn:aws:iam::123456789012:role/somebody',
  });
  let isOver = false;
  let endedAt = startedAt;
  void submitted.then(async ({ id }) => {
    for (;;) {
      await time.sleep(10_000);
      const before = requests.of('GET transfers');
      const record = (await loadTransfer({ records }, id))?.record;
      requests.count('GET transfers', before - requests.of('GET transfers'));
      if (record?.endedAt !== undefined) endedAt = Date.parse(record.endedAt);
      if (record?.status === 'completed' && record.announced) break;
      if (record?.status === 'failed') throw new Error(record.reason?.message);
    }
    isOver = true;
  });
  await time.run(() => isOver);
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
    seconds: (endedAt - startedAt) / 1000,
  };
}
