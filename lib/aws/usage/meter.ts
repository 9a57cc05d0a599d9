import { AsyncLocalStorage } from 'node:async_hooks';
import type { UsageMeter } from '../../pipeline/shared/ports.ts';
import type { Usage } from '../../transfer/cost/usage.ts';
import { addUsage, NO_USAGE, USAGE_KINDS } from '../../transfer/cost/usage.ts';
import { gbSecondsOf } from '../../transfer/cost/workers.ts';

/** One run of a function, which does several things side by side. */
export interface MeteredRun {
  /**
   * Whatever is counted within `task` counts for this thing.
   * @param id of the transfer; `undefined` = what is left when it ends is forgotten
   * @param share of what the run itself uses, 0 to 1
   */
  work<T>(id: string | undefined, share: number, task: () => Promise<T>): Promise<T>;
}

/** Counts what the work of one function uses, for each transfer by itself. */
export interface Meter extends UsageMeter {
  count(more: Partial<Usage>): void;
  /** @param own what the run uses whatever it does */
  run(own: Partial<Usage>): MeteredRun;
}

/** Of so many transfers a function remembers what no record says as yet. */
const MOST_LEFT = 1000;

interface Work {
  usage: Usage;
  /** Counts the time so far. */
  readonly settle: () => void;
}

/**
 * Memory × time of a run is divided among what is under way in it, moment by moment, so that all shares together are
 * the run. What is counted after the last record or message (the next pieces are sent after the swap) is remembered for
 * the next work on the same transfer in this environment.
 */
export function usageMeter(memoryMiB: number, now: () => number = Date.now): Meter {
  const at = new AsyncLocalStorage<Work>();
  const left = new Map<string, Usage>();

  function keep(id: string, usage: Usage): void {
    left.set(id, usage);
    const [oldest] = left.keys();
    if (left.size > MOST_LEFT && oldest !== undefined) left.delete(oldest);
  }

  function run(own: Partial<Usage>): MeteredRun {
    const active = new Set<Work>();
    let since = now();
    const settle = () => {
      const seconds = Math.max(0, now() - since) / 1000;
      since = now();
      for (const work of active)
        work.usage = addUsage(work.usage, { gbSeconds: gbSecondsOf(memoryMiB, seconds / active.size) });
    };
    return {
      async work(id, share, task) {
        settle();
        const before = (id === undefined ? undefined : left.get(id)) ?? NO_USAGE;
        if (id !== undefined) left.delete(id);
        const work: Work = { usage: addUsage(before, times(own, share)), settle };
        active.add(work);
        try {
          return await at.run(work, task);
        } finally {
          settle();
          active.delete(work);
          if (id !== undefined) keep(id, work.usage);
        }
      },
    };
  }

  return {
    count(more) {
      const work = at.getStore();
      if (work !== undefined) work.usage = addUsage(work.usage, more);
    },
    used() {
      const work = at.getStore();
      work?.settle();
      return work?.usage ?? NO_USAGE;
    },
    take(used) {
      const work = at.getStore();
      if (work !== undefined) work.usage = without(work.usage, used);
    },
    run,
  };
}

function times(usage: Partial<Usage>, factor: number): Partial<Usage> {
  return Object.fromEntries(USAGE_KINDS.map((kind) => [kind, (usage[kind] ?? 0) * factor]));
}

function without(usage: Usage, taken: Usage): Usage {
  return Object.fromEntries(
    USAGE_KINDS.map((kind) => [kind, Math.max(0, usage[kind] - taken[kind])]),
  ) as unknown as Usage;
}
