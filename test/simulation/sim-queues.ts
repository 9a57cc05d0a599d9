import type { FinalizerMessage, PieceTask, PlannerMessage, StreamTask } from '../../lib/transfer/messages.ts';
import type { Nature } from './nature.ts';
import { SimQueue } from './sim-queue.ts';
import { TIMES } from './times.ts';

export interface SimQueues {
  readonly planner: SimQueue<PlannerMessage>;
  readonly streams: SimQueue<StreamTask>;
  readonly fetcher: SimQueue<PieceTask>;
  readonly finalizer: SimQueue<FinalizerMessage>;
}

/**
 * A task whose worker kept dying becomes an input of the finalizer; any other message that keeps failing is only
 * lost, and the tick repairs it.
 */
export function makeQueues(world: Nature, maxReceives: number): SimQueues {
  const common = { maxReceives, onDead: () => {} };
  const finalizer = new SimQueue<FinalizerMessage>(world, {
    ...common,
    name: 'finalizer',
    visibilityMs: TIMES.finalizerTimeoutMs,
  });
  return {
    planner: new SimQueue<PlannerMessage>(world, { ...common, name: 'planner', visibilityMs: TIMES.plannerTimeoutMs }),
    streams: new SimQueue<StreamTask>(world, { ...common, name: 'streams', visibilityMs: TIMES.plannerTimeoutMs }),
    fetcher: new SimQueue<PieceTask>(world, {
      name: 'fetcher',
      visibilityMs: TIMES.fetcherTimeoutMs,
      maxReceives,
      onDead: (task) => finalizer.put({ kind: 'dead', v: 1, task }, 0),
    }),
    finalizer,
  };
}
