import { setImmediate } from 'node:timers/promises';
import type { Timeline } from '../simulation/sim-clock.ts';

/** Lets the simulated time go on until the work is at its end. */
export async function runTimeline<T>(time: Timeline, work: Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  work.then(over, over);
  while (!isOver) {
    await setImmediate();
    if (!isOver) time.step();
  }
  return await work;
}
