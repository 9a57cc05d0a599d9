import { expect, test } from 'vitest';
import { memoryQueue } from '../../lib/queues/memory.ts';
import type { Clock } from '../../lib/values/time.ts';
import { queueContract } from './queue.ts';

/** Time that passes only when it is told to. */
function handClock() {
  let now = 1_000_000;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
  };
  async function advance(ms: number): Promise<void> {
    const until = now + ms;
    for (;;) {
      await new Promise(setImmediate);
      const next = [...sleepers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      now = next.at;
      sleepers.delete(next);
      next.wake();
    }
    now = until;
    await new Promise(setImmediate);
  }
  return { clock, advance };
}

queueContract('memory', () => {
  const { clock, advance } = handClock();
  const { queue, consumer, pending } = memoryQueue<string>({ clock });
  return { queue, consumer, advance, pending };
});

test('whoever asks is told what a handler threw', async () => {
  const { clock, advance } = handClock();
  const failures: unknown[] = [];
  const { queue, consumer } = memoryQueue<string>({ clock, onFailure: (error) => failures.push(error) });
  const stopping = new AbortController();
  const error = new Error('thrown');
  await queue.send([{ body: 'a' }]);
  const ended = consumer.consume({ concurrency: 1, batchSize: 1 }, () => Promise.reject(error), stopping.signal);
  await advance(0);
  expect(failures).toEqual([error]);
  stopping.abort();
  await ended;
});

test('a message is what it was when it was sent', async () => {
  const { clock, advance } = handClock();
  const { queue, consumer } = memoryQueue<{ value: number }>({ clock });
  const body = { value: 1 };
  await queue.send([{ body }]);
  body.value = 2;
  const stopping = new AbortController();
  const seen: number[] = [];
  const ended = consumer.consume(
    { concurrency: 1, batchSize: 1 },
    async ([delivery]) => void seen.push(delivery?.body.value ?? 0),
    stopping.signal,
  );
  await advance(0);
  expect(seen).toEqual([1]);
  stopping.abort();
  await ended;
});
