import { setImmediate } from 'node:timers/promises';
import type { Environment } from '../../lib/aws/environment.ts';
import { FETCHER_CONNECTIONS, WINDOW_BYTES } from '../../lib/aws/names.ts';
import { awsPolicy } from '../../lib/aws/policy.ts';
import type { Destination } from '../../lib/destinations/destination.ts';
import { advance } from '../../lib/pipeline/advance/advance.ts';
import { fetchLoad } from '../../lib/pipeline/fetch/fetch-load.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import { finishTransfer } from '../../lib/pipeline/finish/finish-transfer.ts';
import { planTransfer } from '../../lib/pipeline/plan/plan-transfer.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { Queue } from '../../lib/queues/queue.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { Input } from '../../lib/transfer/decide/decision.ts';
import type { FinalizerMessage, PieceTask, PlannerMessage } from '../../lib/transfer/messages.ts';
import { S3_LIMITS } from '../../lib/transfer/plan/limits.ts';
import { isOver } from '../../lib/transfer/record/record.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import { Timeline } from '../simulation/sim-clock.ts';
import { NOW, SNAPSHOT } from './a-transfer.ts';
import { memoryDestination } from './memory-destination/destination.ts';
import { MemoryStore } from './memory-destination/store.ts';
import { stillPorts } from './still-ports.ts';

const MINUTE_MS = 60_000;
const MOST_DELIVERIES = 3;

export interface PacedSource {
  readonly sizeBytes: number;
  /** Of each connection, at that time after the beginning. */
  readonly bytesPerSecond: (elapsedMs: number) => number;
  readonly pieceTimeoutMs?: number;
  readonly options?: Partial<TransferOptions>;
}

/** One transfer on the code of the functions, in simulated time; each function is cut off at its time-out. */
export async function runPaced({ sizeBytes, bytesPerSecond, pieceTimeoutMs = 120_000, options = {} }: PacedSource) {
  const time = new Timeline(NOW);
  const never = new AbortController().signal;
  const store = new MemoryStore();
  const destination: Destination = { ...memoryDestination(store), limits: S3_LIMITS };
  const { ports: still, events } = stillPorts(destination);
  const failures: unknown[] = [];
  const failed = (error: unknown) => void failures.push(error);
  const sleep = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      time.after(ms, resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  const paced = (bytes: number, signal: AbortSignal): ByteReader => {
    let left = bytes;
    return {
      async read(into) {
        signal.throwIfAborted();
        const speed = bytesPerSecond(time.now - NOW);
        const got = Math.min(left, into.length, Math.max(1024, Math.ceil(speed / 2)));
        if (got > 0) await sleep((1000 * got) / speed, signal);
        left -= got;
        return got;
      },
      async [Symbol.asyncDispose]() {},
    };
  };
  const source: Source = {
    schemes: ['https'],
    async probe(_from, firstBytes, { signal }) {
      const bytes = Math.min(sizeBytes, firstBytes === 'all' ? sizeBytes : firstBytes);
      const body = paced(bytes, signal);
      const snapshot = { ...SNAPSHOT, sizeBytes };
      return { snapshot, finalUrl: '', body, bodyIsWhole: bytes === sizeBytes, async [Symbol.asyncDispose]() {} };
    },
    open: async (_from, _snapshot, range, { signal }) => paced(range.end - range.start, signal),
    copySource: async () => undefined,
    async [Symbol.asyncDispose]() {},
  };
  /** Lambda: aborted shortly before its time-out, delivered again when it did not end. */
  const invoke = (lifeMs: number, handle: (signal: AbortSignal) => Promise<void>, dead: () => void, deliveries = 1) => {
    const life = new AbortController();
    time.after(lifeMs - 3_000, () => life.abort(new Error('the function is cut off')));
    handle(life.signal).catch((error: unknown) => {
      if (!life.signal.aborted) failed(error);
      else if (deliveries < MOST_DELIVERIES) invoke(lifeMs, handle, dead, deliveries + 1);
      else dead();
    });
  };
  const queue = <M>(take: (message: M) => void): Queue<M> => ({
    async send(messages) {
      for (const { body, delayMs = 0 } of messages) time.after(delayMs + 20, () => take(body));
    },
  });
  const finalize = (input: Input) => void advance(ports, id, [input], never).catch(failed);
  const ports: Ports = {
    ...still,
    sources: () => source,
    windows: windowPool({
      windowBytes: WINDOW_BYTES,
      count: 4 * FETCHER_CONNECTIONS.most,
      allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
    }),
    queues: {
      planner: queue<PlannerMessage>(({ kind, transferId }) =>
        invoke(
          900_000,
          (signal) => (kind === 'plan' ? planTransfer : finishTransfer)(ports, transferId, signal),
          () => undefined,
        ),
      ),
      fetcher: queue<PieceTask>((task) =>
        invoke(
          pieceTimeoutMs,
          (signal) => fetchLoad(ports, memory, task, signal, time.now + pieceTimeoutMs),
          () => finalize({ kind: 'dead', v: 1, task }),
        ),
      ),
      finalizer: queue<FinalizerMessage>((message) => finalize(message.kind === 'tick' ? { kind: 'tick' } : message)),
    },
    clock: { now: () => time.now, sleep },
    policy: awsPolicy({
      stage: 'finalizer',
      planTimeoutMs: 900_000,
      pieceTimeoutMs,
      lateMs: 0,
      hostConnections: 16,
    } as Environment),
  };
  const memory = fetcherMemory(ports);
  const { id } = await submit(ports, {
    source: { url: 'https://origin.example/file' },
    destination: { kind: 'mem', name: 'a', key: 'file' },
    object: {},
    options: { ...DEFAULT_OPTIONS, ...options },
    owner: 'local',
  });
  const tick = () => {
    finalize({ kind: 'tick' });
    time.after(MINUTE_MS, tick);
  };
  time.after(MINUTE_MS, tick);
  for (;;) {
    const record = (await loadTransfer(ports, id))?.record;
    if (record !== undefined && isOver(record) && record.announced)
      return { record, events, failures, elapsedMs: Date.parse(record.endedAt ?? '') - NOW, store };
    if (failures.length > 0 || time.now - NOW > 2 * 86_400_000) throw new Error('it does not end', { cause: failures });
    time.step();
    await setImmediate();
  }
}
