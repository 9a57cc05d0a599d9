import { setTimeout as delay } from 'node:timers/promises';
import { ulid } from 'ulid';
import type { Ids } from '../values/random.ts';
import type { Clock } from '../values/time.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(Math.max(0, ms), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};

export const systemIds: Ids = { ulid: () => ulid() };
