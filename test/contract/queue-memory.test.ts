import { expect, test } from 'vitest';
import { memoryQueue } from '../../lib/queues/memory.ts';
import { handClock } from '../support/hand-clock.ts';
import { queueContract } from './queue.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

queueContract('memory', () => {
  const clock = handClock();
  const { queue, consumer, pending } = memoryQueue<string>({ clock });
  return { queue, consumer, advance: (ms) => clock.advance(ms, turn), pending };
});

test('whoever asks is told what a handler threw', async () => {
  const clock = handClock();
  const failures: unknown[] = [];
  const { queue, consumer } = memoryQueue<string>({ clock, onFailure: (error) => failures.push(error) });
  const stopping = new AbortController();
  const error = new Error('thrown');
  await queue.send([{ body: 'a' }]);
  const ended = consumer.consume({ concurrency: 1, batchSize: 1 }, () => Promise.reject(error), stopping.signal);
  await clock.advance(0, turn);
  expect(failures).toEqual([error]);
  stopping.abort();
  await ended;
});

test('a message is what it was when it was sent', async () => {
  const clock = handClock();
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
  await clock.advance(0, turn);
  expect(seen).toEqual([1]);
  stopping.abort();
  await ended;
});
