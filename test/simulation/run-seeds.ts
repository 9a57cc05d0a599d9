import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Outcome } from './history.ts';
import type { SimHome } from './world.ts';

export interface Span {
  readonly from: number;
  readonly count: number;
  readonly home: SimHome;
}

export interface SeedsWanted extends Span {
  readonly jobs: number;
  /** After a history that broke an invariant; else nothing new is begun. */
  readonly goesOn: boolean;
}

/** So many seeds go to a thread at once. */
const CHUNK = 20;

/**
 * Runs the histories on several threads, and returns their outcomes by seed. Chunks are handed out in order and
 * finished, so the first failing seed is the same with any number of threads.
 */
export async function runSeeds(
  wanted: SeedsWanted,
  onFailure: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const end = wanted.from + wanted.count;
  const outcomes: Outcome[] = [];
  let next = wanted.from;
  let isStopped = false;

  async function work(): Promise<void> {
    const worker = new Worker(new URL('./run-seeds-thread.ts', import.meta.url));
    try {
      while (next < end && !isStopped) {
        const span: Span = { home: wanted.home, from: next, count: Math.min(CHUNK, end - next) };
        next += span.count;
        for (const outcome of await ask(worker, span)) {
          outcomes.push(outcome);
          if (outcome.failure === undefined) continue;
          isStopped ||= !wanted.goesOn;
          onFailure(outcome);
        }
      }
    } finally {
      await worker.terminate();
    }
  }

  await Promise.all(Array.from({ length: Math.max(1, wanted.jobs) }, work));
  return outcomes.sort((a, b) => a.seed - b.seed);
}

async function ask(worker: Worker, span: Span): Promise<readonly Outcome[]> {
  worker.postMessage(span);
  const [outcomes] = (await once(worker, 'message')) as [readonly Outcome[]];
  return outcomes;
}
