import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Environment } from '../../lib/aws/environment.ts';
import { bySubject, eachMessage } from '../../lib/aws/messages/batches.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { RESULTS_PER_FINALIZER, RESULTS_WINDOW_SECONDS, WINDOW_COUNT } from '../../lib/aws/names.ts';
import { awsPolicy } from '../../lib/aws/policy.ts';
import { onFetcherMessage } from '../../lib/aws/stages/fetcher.ts';
import { onSubjects } from '../../lib/aws/stages/finalizer.ts';
import { onPlannerMessage } from '../../lib/aws/stages/planner.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { fleetMemory } from '../../lib/pipeline/batch/deployed/work/fleet-memory.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { FinalizerMessage, PieceTask, PlannerMessage } from '../../lib/transfer/messages.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import { fractionOf } from '../../lib/values/random.ts';
import { countedDestination, countedQueue, countedRecords, countedSecrets, Requests } from './requests.ts';
import { Timeline } from './timeline.ts';

const PIECE_BYTES = 16;
/** The construct's `maxFetchers`, unless the places need more. */
const FETCHERS = 25;
const never = new AbortController().signal;
const context = { getRemainingTimeInMillis: () => 3_600_000 } as Context;

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
  readonly seconds: number;
}

/** Runs one transfer on the code of the functions, in simulated time, and counts what it asks of AWS. */
export async function countTransfer(one: Case): Promise<Counted> {
  const { pieceCount, places, failing, windowSeconds = RESULTS_WINDOW_SECONDS, pieceSeconds = 2 } = one;
  const time = new Timeline();
  const requests = new Requests();
  const runs = { planner: 0, fetcher: 0, finalizer: 0 };
  let ulids = 0;
  const wake = () => time.at(0, pump);
  const plans = countedQueue<PlannerMessage>('plan', requests, time, wake);
  const pieces = countedQueue<PieceTask>('piece', requests, time, wake);
  const results = countedQueue<FinalizerMessage>('result', requests, time, wake);
  const snapshot: Snapshot = {
    sizeBytes: pieceCount * PIECE_BYTES,
    ranges: true,
    validator: { kind: 'strong', etag: '"v1"' },
    digests: {},
    warnings: [],
  };
  const tries = new Map<number, number>();
  const portsOf = (stage: Environment['stage']): Ports => ({
    records,
    secrets: countedSecrets(requests, time, sealed),
    sources: () => ({
      schemes: ['https'],
      probe: async () => ({
        snapshot,
        finalUrl: '',
        body: zeros(1),
        bodyIsWhole: false,
        async [Symbol.asyncDispose]() {},
      }),
      async open(_from, _snapshot, range) {
        const tried = (tries.get(range.start) ?? 0) + 1;
        tries.set(range.start, tried);
        if (tried === 1 && fractionOf(`fails ${range.start}`) < failing)
          throw new PieceworkError('SourceReset', 'broken off');
        return zeros(range.end - range.start);
      },
      copySource: async () => undefined,
      async [Symbol.asyncDispose]() {},
    }),
    destinations: () => destination,
    queues: { planner: plans, fetcher: pieces, finalizer: results },
    events: { emit: async () => {} },
    windows: windowPool({ windowBytes: PIECE_BYTES, count: WINDOW_COUNT, allocate: (bytes) => Buffer.alloc(bytes) }),
    clock: time,
    ids: {
      ulid() {
        ulids += 1;
        return `01ARZ3NDEKTSV4RRFFQ6${String(ulids).padStart(6, '0')}`;
      },
    },
    policy: awsPolicy({
      stage,
      planTimeoutMs: 900_000,
      pieceTimeoutMs: 120_000,
      lateMs: 300_000,
      hostConnections: places,
    } as Environment),
  });
  const records = countedRecords(requests, time);
  const sealed = new Map<string, SourceLocator>();
  let nth = 0;
  const destination = countedDestination(requests, time, () => {
    nth += 1;
    return 1000 * pieceSeconds * (0.5 + fractionOf(`piece ${nth}`));
  });

  // A batch never waits for another one, as long as there are environments; each has a cache of its
  // own, four pieces side by side.
  const fetchers = Array.from({ length: Math.max(FETCHERS, Math.ceil(places / WINDOW_COUNT)) }, () => {
    const ports = portsOf('fetcher');
    return { ports, memory: { pieces: fetcherMemory(ports), shards: fleetMemory(ports) }, isBusy: false };
  });
  const [planner, finalizer] = [portsOf('planner'), portsOf('finalizer')];
  const home = {
    park: async (_: SQSRecord, because: string) => Promise.reject(new Error(because)),
    failed: (_: SQSRecord, error: unknown) => console.error(error),
    giveBack: async () => {},
    flush: () => {},
  };

  function pump(): void {
    for (let body = plans.due.shift(); body !== undefined; body = plans.due.shift()) {
      runs.planner += 1;
      void eachMessage(home, eventOf([body]), context, READERS.planner, (message) =>
        onPlannerMessage(planner, message, never),
      );
    }
    for (const fetcher of fetchers.filter(({ isBusy }) => !isBusy)) {
      const batch = pieces.due.splice(0, WINDOW_COUNT);
      if (batch.length === 0) break;
      runs.fetcher += 1;
      fetcher.isBusy = true;
      void eachMessage(home, eventOf(batch), context, READERS.fetcher, (task) =>
        onFetcherMessage(fetcher.ports, fetcher.memory, task, never),
      ).then(() => {
        fetcher.isBusy = false;
        wake();
      });
    }
    if (results.due.length > 0 && !isCollecting) {
      isCollecting = true;
      time.at(windowSeconds * 1000, () => {
        isCollecting = false;
        runs.finalizer += 1;
        void bySubject(
          home,
          eventOf(results.due.splice(0, RESULTS_PER_FINALIZER)),
          context,
          READERS.finalizer,
          (subjects) => onSubjects(finalizer, subjects, never),
        );
      });
    }
  }
  let isCollecting = false;

  const startedAt = time.now();
  const submitted = submit(portsOf('api'), {
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
    seconds: (endedAt - startedAt) / 1000,
  };
}

function eventOf(bodies: readonly string[]): SQSEvent {
  return { Records: bodies.map((body, index) => ({ messageId: String(index), body }) as SQSRecord) };
}

function zeros(length: number): ByteReader {
  let left = length;
  return {
    async read(into) {
      const got = Math.min(left, into.length);
      left -= got;
      return got;
    },
    async [Symbol.asyncDispose]() {},
  };
}
