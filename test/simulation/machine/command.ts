import type { Weather } from '../faults.ts';
import { SimProcess } from '../sim-process.ts';
import { MINUTE_MS, SECOND_MS } from '../times.ts';

/**
 * The longest wait that is for something: for a source that denies itself, five minutes and their jitter. Nothing on
 * one machine comes by to repair what waits for nothing.
 */
const LONGEST_WAIT_MS = 8 * MINUTE_MS;

/** What was stopped on its way has landed by then (the longest latency). */
const LANDS_WITHIN_MS = 10 * SECOND_MS;

/** A process of one machine, with one command: what it does is noted, so that it is seen when it does nothing more. */
export class Command extends SimProcess {
  /** Until when parts that were stopped on their way may still land, as `mayLandUntil` of a destination. */
  mayLandUntil = 0;
  #didAt = this.world.now;

  override async call<T>(what: string, weather: Weather, effect: () => T, signal?: AbortSignal): Promise<T> {
    // The engine reads the record each second, whatever happens.
    if (!what.startsWith('get ')) this.#didAt = this.world.now;
    try {
      return await super.call(what, weather, effect, signal);
    } finally {
      if (signal?.aborted === true) this.mayLandUntil = this.world.now + LANDS_WITHIN_MS;
    }
  }

  /** To be called now and then: a transfer that is at work and waits for nothing would wait for ever. */
  checkWork(): void {
    const idleMs = this.world.now - this.#didAt;
    if (this.isAlive && idleMs > LONGEST_WAIT_MS)
      this.world.broke(`${this.name} has done nothing for ${idleMs} ms, and no tick will come`);
  }
}
