import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { STALLED, stallWatch } from '../../lib/net/stall-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** `'stalled'` once it is, else `undefined`. */
function watching(received: () => number) {
  const watch = stallWatch(1000, received);
  let seen: unknown;
  watch.stalled.catch((reason) => {
    seen = reason === STALLED ? 'stalled' : reason;
  });
  return {
    ...watch,
    async after(ms: number) {
      await vi.advanceTimersByTimeAsync(ms);
      return seen;
    },
  };
}

test('silence is a stall, at its time', async () => {
  const watch = watching(() => 5000);
  expect(await watch.after(999)).toBeUndefined();
  expect(await watch.after(1)).toBe('stalled');
});

test('an answer puts it off', async () => {
  const watch = watching(() => 0);
  await watch.after(900);
  watch.moved();
  expect(await watch.after(999)).toBeUndefined();
  expect(await watch.after(1)).toBe('stalled');
});

test('a large answer that comes slowly is none, for as long as it comes', async () => {
  let received = 0;
  const watch = watching(() => received);
  for (let second = 0; second < 60; second += 1) {
    received += 2000;
    expect(await watch.after(1000)).toBeUndefined();
  }
  expect(await watch.after(1000)).toBe('stalled');
});

test('keep-alives are no answer', async () => {
  let received = 0;
  const watch = watching(() => received);
  received += 100;
  expect(await watch.after(1000)).toBe('stalled');
});

test('stopped, it says nothing any more', async () => {
  const watch = watching(() => 0);
  watch.stop();
  expect(await watch.after(10_000)).toBeUndefined();
});
