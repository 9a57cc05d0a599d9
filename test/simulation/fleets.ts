import { advance } from '../../lib/pipeline/advance/advance.ts';
import { fetchLoad } from '../../lib/pipeline/fetch/fetch-load.ts';
import { finishTransfer } from '../../lib/pipeline/finish/finish-transfer.ts';
import { planTransfer } from '../../lib/pipeline/plan/plan-transfer.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import type { FinalizerMessage } from '../../lib/transfer/messages.ts';
import { Fleet } from './fleet.ts';
import type { SimQueue } from './sim-queue.ts';
import { TIMES } from './times.ts';
import type { World } from './world.ts';

/** Planners, fetchers and finalizers, each calling the use case that its function calls. */
export function makeFleets(world: World): void {
  const { rules } = world;
  const { workers, frozen, windows } = world.scenario;
  const { planner, streams, fetcher, finalizer } = world.queues;
  const frozenAt = (name: string) => frozen.filter(({ queue }) => queue === name);
  /** Of planners: one message at a time. */
  const plan = <M>(queue: SimQueue<M>, run: (ports: Ports, message: M, signal: AbortSignal) => Promise<void>) =>
    new Fleet(world, {
      queue,
      workers: workers.planner,
      slots: 1,
      batchSize: 1,
      timeoutMs: TIMES.plannerTimeoutMs,
      frozen: frozenAt('planner'),
      async handle({ ports, process }, batch) {
        for (const message of batch) {
          rules.commands.begins(process);
          await run(ports, message, process.signal);
          rules.commands.succeeds(process);
        }
        return [];
      },
    });
  plan(planner, (ports, { kind, transferId }, signal) =>
    (kind === 'plan' ? planTransfer : finishTransfer)(ports, transferId, signal),
  );
  plan(streams, (ports, task, signal) => planTransfer(ports, task.transferId, signal, task));
  new Fleet(world, {
    queue: fetcher,
    workers: workers.fetcher,
    slots: windows.count + 1,
    batchSize: 1,
    timeoutMs: TIMES.fetcherTimeoutMs,
    frozen: frozenAt('fetcher'),
    async handle({ ports, memory, process }, batch) {
      for (const task of batch) {
        const reports = rules.commands.reports(process);
        const cutOffAt = world.now + TIMES.fetcherTimeoutMs;
        await rules.rescues.during(process, task, () => fetchLoad(ports, memory, task, process.signal, cutOffAt));
        rules.commands.fetched(process, task, reports);
      }
      return [];
    },
  });
  new Fleet(world, {
    queue: finalizer,
    workers: workers.finalizer,
    slots: 1,
    batchSize: 6,
    timeoutMs: TIMES.finalizerTimeoutMs,
    frozen: frozenAt('finalizer'),
    async handle({ ports, process }, batch) {
      const failed: FinalizerMessage[] = [];
      for (const [transferId, inputs] of Map.groupBy(batch, transferOf)) {
        const given = { transferId, inputs };
        rules.decides(process, given);
        try {
          await advance(ports, transferId, inputs, process.signal);
          rules.decided(process, given);
        } catch (error) {
          rules.handlerFailed(process, error);
          failed.push(...inputs);
        }
      }
      return failed;
    },
  });
}

function transferOf(message: FinalizerMessage): string {
  return message.kind === 'dead' ? message.task.transferId : message.transferId;
}
