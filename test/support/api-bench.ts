import { createApi } from '../../lib/api/app.ts';
import type { ApiDeps } from '../../lib/api/deps.ts';
import { allowedOnly } from '../../lib/api/requests/destinations.ts';
import type { TransferDetail, TransferPage } from '../../lib/api/schemas/transfer.ts';
import type { AnsweredRequest } from '../../lib/api/trail.ts';
import { describeDestination } from '../../lib/aws/destinations.ts';
import type { Destination } from '../../lib/destinations/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { BatchFleet, Ports } from '../../lib/pipeline/shared/ports.ts';
import { createUnlessThere } from '../../lib/pipeline/shared/store.ts';
import { memoryQueue } from '../../lib/queues/memory.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { Records } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import { memorySecrets } from '../../lib/secrets/memory.ts';
import type { FinalizerMessage, PlannerMessage } from '../../lib/transfer/messages.ts';
import type { Part } from '../../lib/transfer/plan/ledger.ts';
import { S3_LIMITS } from '../../lib/transfer/plan/limits.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { isOver } from '../../lib/transfer/record/record.ts';
import { toIso } from '../../lib/values/time.ts';
import { accepted, NOW, POLICY } from './a-transfer.ts';
import { memorySealed } from './memory-sealed.ts';

// The API on the real use cases, with everything behind them in memory and a clock that
// moves only in a sleep.

export const ID = '01JZ8QH5X3M9V7T2B4N6K8R0CD';
export const GOOD = {
  source: { url: 'https://origin.example/disk.iso' },
  destination: { bucket: 'bucket', key: 'in/disk.iso' },
};

export interface ApiBench {
  readonly app: ReturnType<typeof createApi>;
  readonly ports: Ports & { readonly fleet: BatchFleet };
  /** Kinds of the messages of batches. */
  readonly sent: readonly string[];
  readonly records: Records;
  readonly events: PieceworkEvent[];
  readonly failures: PieceworkError[];
  /** What the trail has of each request. */
  readonly answered: AnsweredRequest[];
  /** What the open upload holds; or why it can't be read. */
  ledger: readonly Part[] | PieceworkError | 'gone';
  time: number;
  /** Called at each sleep, with the milliseconds. */
  onSleep: (ms: number) => void | Promise<void>;
  waitingPlans(): number;
  /** Of the finalizer. */
  waitingTicks(): number;
  /** Puts a record there as if the engine had, owned by the caller unless said otherwise. */
  store(id: string, over?: Partial<TransferRecord>, owner?: string): Promise<TransferRecord>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string): Promise<Response>;
}

export function apiBench(
  deps: Partial<ApiDeps> = {},
  records: Records = memoryRecords(),
  policy: Partial<Ports['policy']> = {},
): ApiBench {
  let nextId = 1;
  const clock = {
    now: () => bench.time,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted();
      bench.time += ms;
      await bench.onSleep(ms);
    },
  };
  const planner = memoryQueue<PlannerMessage>({ clock });
  const finalizer = memoryQueue<FinalizerMessage>({ clock });
  const events: PieceworkEvent[] = [];
  const failures: PieceworkError[] = [];
  const answered: AnsweredRequest[] = [];
  const unused = (): never => {
    throw new Error('the API has no use for it');
  };
  const destination = {
    limits: S3_LIMITS,
    describe: describeDestination,
    async listParts() {
      if (bench.ledger instanceof PieceworkError) throw bench.ledger;
      return bench.ledger === 'gone' ? 'gone' : { parts: bench.ledger };
    },
  } as unknown as Destination;
  const sent: string[] = [];
  const send = async (messages: readonly { readonly body: { readonly kind: string } }[]) =>
    void sent.push(...messages.map(({ body }) => body.kind));
  const ports: Ports & { readonly fleet: BatchFleet } = {
    records,
    secrets: memorySecrets(),
    sources: unused,
    destinations: () => destination,
    queues: {
      planner: planner.queue,
      fetcher: { send: unused },
      finalizer: finalizer.queue,
    },
    fleet: {
      sealed: memorySealed(),
      queues: { planner: { send }, fetcher: { send: unused }, finalizer: { send } },
    },
    events: {
      async emit(event) {
        events.push(event);
      },
    },
    windows: { windowBytes: 1, count: 1, borrow: unused, borrowAll: unused },
    clock,
    ids: { ulid: () => `01JZ8QH5X3M9V7T2B4${String(nextId++).padStart(8, '0')}` },
    policy: {
      listsNotCompleted: true,
      plan: {
        singleMaxBytes: 1,
        preferredPieceBytes: 16 * 1024 ** 2,
        granuleBytes: 1024 ** 2,
        streamPieceBytes: 1,
        pieceTimeMs: 60_000,
      },
      decide: POLICY,
      recordCacheMs: 0,
      graceMs: 0,
      proofPatienceMs: 60_000,
      orphanAgeMs: 0,
      plannerLifeMs: 0,
      places: (wanted) => wanted,
      // As on AWS: the API has no right to clean up.
      settlesElsewhere: true,
      keepsSealed: true,
      ...policy,
    },
  };
  const app = createApi({
    ports,
    version: '1.2.3',
    locate: allowedOnly([{ bucket: 'bucket', prefix: 'in/' }]),
    checkSource: () => undefined,
    ownerOf: () => 'somebody',
    onAnswered(request, failure) {
      answered.push(request);
      if (failure !== undefined) failures.push(failure);
    },
    ...deps,
  });
  const bench: ApiBench = {
    app,
    ports,
    records,
    sent,
    events,
    failures,
    answered,
    ledger: [],
    time: NOW,
    onSleep: () => undefined,
    waitingPlans: () => planner.pending().waiting,
    waitingTicks: () => finalizer.pending().waiting,
    async store(id, over = {}, owner = 'somebody') {
      const record = { ...accepted(), ...over, id, owner };
      await records.put(KEYS.transfer(id), record, 'absent');
      const marker = { v: 1, at: toIso(NOW) } as const;
      if (!isOver(record)) await createUnlessThere({ records }, KEYS.active(id, record.run), marker);
      else if (record.status !== 'completed') await createUnlessThere({ records }, KEYS.notCompleted(id), marker);
      return record;
    },
    async post(path, body, headers = {}) {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      return await app.request(path, {
        method: 'POST',
        headers: { ...json, ...headers },
        ...(text === undefined ? {} : { body: text }),
      });
    },
    get: async (path) => await app.request(path),
  };
  return bench;
}

export async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  if (answer.headers.get('content-type') !== 'application/problem+json')
    throw new Error(`no problem: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

export async function transferOf(answer: Response): Promise<TransferDetail> {
  return (await answer.json()) as TransferDetail;
}

export async function pageOf(answer: Response): Promise<TransferPage> {
  return (await answer.json()) as TransferPage;
}
