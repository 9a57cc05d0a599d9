import { parentPort } from 'node:worker_threads';
import type { Outcome } from './history.ts';
import { runHistory } from './history.ts';
import type { Span } from './run-seeds.ts';

/** One thread of `runSeeds`: histories share nothing, so each can run anywhere. */
parentPort?.on('message', ({ from, count, home }: Span) => {
  void runSpan({ from, count, home }).then((outcomes) => parentPort?.postMessage(outcomes));
});

async function runSpan({ from, count, home }: Span): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let seed = from; seed < from + count; seed += 1) outcomes.push(await runHistory(seed, undefined, home));
  return outcomes;
}
