import { crc32 } from 'node:zlib';
import type { Environment } from '../../lib/aws/environment.ts';
import type { Subject } from '../../lib/aws/messages/subjects.ts';
import { nameOf, subjectOf } from '../../lib/aws/messages/subjects.ts';
import { RESULTS_PER_FINALIZER, RESULTS_WINDOW_SECONDS, WINDOW_COUNT } from '../../lib/aws/names.ts';
import { awsPolicy } from '../../lib/aws/policy.ts';
import { onFetcherMessage } from '../../lib/aws/stages/fetcher.ts';
import { onSubjects } from '../../lib/aws/stages/finalizer.ts';
import { onPlannerMessage } from '../../lib/aws/stages/planner.ts';
import type { Destination } from '../../lib/destinations/destination.ts';
import { activeBatches, reconcileBatch } from '../../lib/pipeline/batch/deployed/advance/reconcile-batch.ts';
import { fleetMemory } from '../../lib/pipeline/batch/deployed/work/fleet-memory.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import { submitBatch } from '../../lib/pipeline/requests/batches/submit-batch.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { Clock } from '../../lib/values/time.ts';
import { countedQueue, countedRecords, countedSecrets, Requests } from './requests.ts';
import { Timeline } from './timeline.ts';

export interface BatchCase {
  readonly entries: number;
  readonly hosts: number;
  /** A GET takes so long, give or take nothing. */
  readonly getMs: number;
}

export interface CountedBatch extends BatchCase {
  readonly requests: Requests;
  readonly finalizerRuns: number;
  readonly fetcherRuns: number;
  /** Of fetchers, in all. */
  readonly fetcherSeconds: number;
  readonly seconds: number;
}

const ENTRY_BYTES = 1024;
const PUT_MS = 40;
const TICK_MS = 60_000;
const FETCHERS = 25;
const never = new AbortController().signal;

/** Runs one batch of small entries on the code of the functions, in simulated time, and counts what it asks of AWS. */
export async function countBatch({ entries, hosts, getMs }: BatchCase): Promise<CountedBatch> {
  const time = new Timeline();
  const requests = new Requests();
  const runs = { fetcher: 0, finalizer: 0, fetcherMs: 0 };
  const wake = () => time.at(0, pump);
  const plans = countedQueue<{ readonly kind: string }>('plan', requests, time, wake);
  const shards = countedQueue<{ readonly kind: string }>('shard', requests, time, wake);
  const results = countedQueue<{ readonly kind: string }>('result', requests, time, wake);
  const records = countedRecords(requests, time);
  const sealed = new Map<string, string>();
  let ulids = 0;
  const clock: Clock = {
    now: () => time.now(),
    sleep: async (ms, signal) =>
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        time.at(ms, resolve);
      }),
  };
  const probe = async () => {
    requests.count('source GET');
    await time.sleep(getMs);
    let left = ENTRY_BYTES;
    return {
      snapshot: { sizeBytes: ENTRY_BYTES, ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [] },
      finalUrl: '',
      bodyIsWhole: true,
      body: {
        async read(into: Uint8Array) {
          const got = Math.min(left, into.length);
          left -= got;
          return got;
        },
        async [Symbol.asyncDispose]() {},
      },
      async [Symbol.asyncDispose]() {},
    };
  };
  const destination = {
    kind: 's3',
    describe: ({ key }) => String(key),
    check: async () => requests.count('HEAD bucket'),
    async head() {
      requests.count('HEAD object');
      await time.sleep(30);
      return undefined;
    },
    async putObject({ target }, sizeBytes, body) {
      requests.count(String(target['key']).includes('piecework-report-') ? 'PUT report' : 'PUT object');
      await time.sleep(PUT_MS);
      return { sizeBytes, crc32: body.kind === 'whole' ? crc32(body.bytes) : 0 };
    },
    listUploads: async () => [],
    async createUpload({ target, token }) {
      requests.count('PUT report');
      return { target, id: 'upload', token };
    },
    async uploadPart(_upload, { number, sizeBytes }) {
      requests.count('PUT report');
      return { number, sizeBytes, modifiedAt: '2026-01-01T00:00:00.000Z' };
    },
    async completeUpload(_upload, { sizeBytes }) {
      requests.count('PUT report');
      return { sizeBytes };
    },
  } satisfies Partial<Destination>;
  const queues = { planner: plans, fetcher: shards, finalizer: results } as unknown as Ports['queues'];
  const portsOf = (stage: Environment['stage']): Ports => ({
    records,
    secrets: countedSecrets(requests, time, new Map()),
    sources: () => ({ probe }) as unknown as Source,
    destinations: () => destination as unknown as Destination,
    queues,
    fleet: {
      queues: queues as unknown as NonNullable<Ports['fleet']>['queues'],
      sealed: {
        async seal(name, value) {
          requests.count('PUT sealed');
          await time.sleep(30);
          sealed.set(name, JSON.stringify(value));
        },
        async unseal<T>(name: string) {
          requests.count('GET sealed');
          await time.sleep(30);
          const found = sealed.get(name);
          return found === undefined ? undefined : (JSON.parse(found) as T);
        },
        async discard(prefix) {
          for (const name of [...sealed.keys()])
            if (name.startsWith(prefix) && sealed.delete(name)) requests.count('DELETE');
        },
      },
    },
    events: { emit: async () => {} },
    windows: windowPool({ windowBytes: ENTRY_BYTES, count: 1, allocate: (bytes) => new Uint8Array(bytes) }),
    clock,
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
      hostConnections: 16,
    } as Environment),
  });
  const planner = portsOf('planner');
  const finalizer = portsOf('finalizer');
  const fetchers = Array.from({ length: FETCHERS }, () => {
    const ports = portsOf('fetcher');
    return { ports, memory: { pieces: fetcherMemory(ports), shards: fleetMemory(ports) }, isBusy: false };
  });
  let isCollecting = false;

  function pump(): void {
    for (let body = plans.due.shift(); body !== undefined; body = plans.due.shift())
      void onPlannerMessage(planner, JSON.parse(body) as Parameters<typeof onPlannerMessage>[1], never);
    for (const fetcher of fetchers.filter(({ isBusy }) => !isBusy)) {
      const batch = shards.due.splice(0, WINDOW_COUNT);
      if (batch.length === 0) break;
      const beganAt = time.now();
      runs.fetcher += 1;
      fetcher.isBusy = true;
      const tasks = batch.map((body) => JSON.parse(body) as Parameters<typeof onFetcherMessage>[2]);
      void Promise.all(tasks.map((task) => onFetcherMessage(fetcher.ports, fetcher.memory, task, never))).then(() => {
        runs.fetcherMs += time.now() - beganAt;
        fetcher.isBusy = false;
        wake();
      });
    }
    if (results.due.length === 0 || isCollecting) return;
    isCollecting = true;
    time.at(RESULTS_WINDOW_SECONDS * 1000, () => {
      isCollecting = false;
      runs.finalizer += 1;
      const bodies = results.due.splice(0, RESULTS_PER_FINALIZER);
      const subjects = bodies.map((body) => subjectOf(JSON.parse(body) as Parameters<typeof subjectOf>[0]));
      for (const group of Map.groupBy(subjects, nameOf).values()) void onSubjects(finalizer, group as Subject[], never);
    });
  }

  const startedAt = time.now();
  let isOver = false;
  let endedAt = startedAt;
  const list = Array.from({ length: entries }, (_, index) => ({
    sources: [`https://host-${index % hosts}.example/${index}.bin`],
    name: `${index}.bin`,
  }));
  void submitBatch(portsOf('api'), {
    owner: 'arn:aws:iam::123456789012:role/somebody',
    list: { kind: 'inline', entries: list },
    destination: { kind: 's3', bucket: 'bucket', key: 'in/' },
    options: { ifExists: 'if-changed', maxAttempts: 5, object: {} },
  }).then(async ({ id }) => {
    while (!isOver) {
      await time.sleep(TICK_MS);
      for await (const active of activeBatches({ records })) await reconcileBatch(finalizer, active, never);
      const batch = (await records.get(KEYS.batch(id)))?.value;
      if (batch?.announced !== true) continue;
      endedAt = Date.parse(batch.endedAt ?? '');
      isOver = true;
    }
  });
  await time.run(() => isOver);
  const { finalizer: finalizerRuns, fetcher: fetcherRuns, fetcherMs } = runs;
  const fetcherSeconds = fetcherMs / 1000;
  const seconds = (endedAt - startedAt) / 1000;
  return { entries, hosts, getMs, requests, finalizerRuns, fetcherRuns, fetcherSeconds, seconds };
}
