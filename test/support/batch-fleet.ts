import type { Subject } from '../../lib/aws/messages/subjects.ts';
import { nameOf, subjectOf } from '../../lib/aws/messages/subjects.ts';
import { onFetcherMessage } from '../../lib/aws/stages/fetcher.ts';
import { onSubjects } from '../../lib/aws/stages/finalizer.ts';
import { onPlannerMessage } from '../../lib/aws/stages/planner.ts';
import type { Destination } from '../../lib/destinations/destination.ts';
import { activeBatches, reconcileBatch } from '../../lib/pipeline/batch/deployed/advance/reconcile-batch.ts';
import { fleetMemory } from '../../lib/pipeline/batch/deployed/work/fleet-memory.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import { activeTransfers } from '../../lib/pipeline/shared/markers.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import { reconcile } from '../../lib/pipeline/upkeep/reconcile.ts';
import { memoryQueue } from '../../lib/queues/memory.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { memorySecrets } from '../../lib/secrets/memory.ts';
import type { Sources } from '../../lib/sources/source.ts';
import { systemClock } from '../../lib/system/clock.ts';
import { systemIds } from '../../lib/system/ids.ts';
import type {
  BatchFinalizerMessage,
  BatchPlannerMessage,
  FinalizerMessage,
  PieceTask,
  PlannerMessage,
  ShardTask,
  StreamTask,
} from '../../lib/transfer/messages.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { BACKOFF } from '../../lib/transfer/retry.ts';
import { memorySealed } from './memory-sealed.ts';

const MIB = 1024 ** 2;
const TICK_MS = 200;

export interface BatchFleet extends AsyncDisposable {
  readonly ports: Ports & Required<Pick<Ports, 'fleet'>>;
  readonly sealed: ReturnType<typeof memorySealed>;
  readonly events: readonly PieceworkEvent[];
  /** What handlers threw: their messages came again. */
  readonly failures: readonly unknown[];
}

/** The stages of a deployment in one process, on the code of the functions: queues and records in memory. */
export function startBatchFleet(
  sources: Sources,
  destination: Destination,
  policy: Partial<Ports['policy']> = {},
  clock: Ports['clock'] = systemClock,
): BatchFleet {
  const events: PieceworkEvent[] = [];
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const queue = <M>() => memoryQueue<M>({ clock, onFailure });
  const planner = queue<PlannerMessage | BatchPlannerMessage>();
  const streams = queue<StreamTask>();
  const fetcher = queue<PieceTask | ShardTask>();
  const finalizer = queue<FinalizerMessage | BatchFinalizerMessage>();
  const queues = {
    planner: planner.queue,
    streams: streams.queue,
    fetcher: fetcher.queue,
    finalizer: finalizer.queue,
  };
  const windows = () => windowPool({ windowBytes: 16 * MIB, count: 2, allocate: (bytes) => new Uint8Array(bytes) });
  const sealed = memorySealed();
  const ports: BatchFleet['ports'] = {
    records: memoryRecords(),
    secrets: memorySecrets(),
    sources,
    destinations: () => destination,
    queues,
    events: { emit: async (event) => void events.push(event) },
    windows: windows(),
    clock,
    ids: systemIds,
    policy: {
      plan: {
        singleMaxBytes: 5 * MIB,
        preferredPieceBytes: 5 * MIB,
        granuleBytes: MIB,
        streamPieceBytes: 5 * MIB,
        pieceTimeMs: 60_000,
      },
      decide: { quietMs: 60_000, quietCapMs: 60_000, backoff: BACKOFF },
      recordCacheMs: 100,
      graceMs: 1,
      proofPatienceMs: 60_000,
      orphanAgeMs: 60_000,
      plannerLifeMs: 60_000,
      places: (parallelism) => parallelism,
      hostCeiling: 16,
      isTicked: true,
      ...policy,
    },
    fleet: { sealed, queues },
  };
  const memory = { pieces: fetcherMemory(ports), shards: fleetMemory(ports) };
  const stopping = new AbortController();
  const { signal } = stopping;

  async function finalize(bodies: readonly (FinalizerMessage | BatchFinalizerMessage)[]): Promise<void> {
    const groups = Map.groupBy(bodies.map(subjectOf), nameOf);
    await Promise.all([...groups.values()].map((group: Subject[]) => onSubjects(ports, group, signal)));
  }

  async function ticks(): Promise<void> {
    for (;;) {
      await systemClock.sleep(TICK_MS, signal);
      for await (const active of activeTransfers(ports))
        await reconcile(ports, active, { now: false }, signal).catch(onFailure);
      for await (const active of activeBatches(ports)) await reconcileBatch(ports, active, signal).catch(onFailure);
    }
  }

  const running = [
    planner.consumer.consume(
      { concurrency: 4, batchSize: 1 },
      async ([delivery]) => {
        if (delivery !== undefined) await onPlannerMessage(ports, delivery.body, signal);
      },
      signal,
    ),
    streams.consumer.consume(
      { concurrency: 2, batchSize: 1 },
      async ([delivery]) => {
        // A stream has all the windows of its function.
        if (delivery !== undefined) await onPlannerMessage({ ...ports, windows: windows() }, delivery.body, signal);
      },
      signal,
    ),
    fetcher.consumer.consume(
      { concurrency: 8, batchSize: 1 },
      async ([delivery]) => {
        if (delivery !== undefined) await onFetcherMessage(ports, memory, delivery.body, signal);
      },
      signal,
    ),
    finalizer.consumer.consume(
      { concurrency: 2, batchSize: 100 },
      async (batch) => await finalize(batch.map(({ body }) => body)),
      signal,
    ),
    ticks().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    }),
  ];
  return {
    ports,
    sealed,
    events,
    failures,
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the fleet is stopped'));
      await Promise.all(running);
    },
  };
}
