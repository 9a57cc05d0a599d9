import { expect, test } from 'vitest';
import { fanOut, on } from '../../lib/events/subscribers.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';

const done = { type: 'piece.done', transferId: 'T', pieceNumber: 3, bytes: 10, elapsedMs: 5 } as const;
const finalizing = { type: 'finalizing', transferId: 'T' } as const;

test('every subscriber gets everything, in order', async () => {
  const got: [string, PieceworkEvent][] = [];
  const events = fanOut([(event) => void got.push(['a', event]), (event) => void got.push(['b', event])]);
  await events.emit(done);
  await events.emit(finalizing);
  expect(got).toEqual([
    ['a', done],
    ['b', done],
    ['a', finalizing],
    ['b', finalizing],
  ]);
});

test('one that throws or rejects hurts no other, and is reported', async () => {
  const thrown = new Error('thrown');
  const rejected = new Error('rejected');
  const got: PieceworkEvent[] = [];
  const failures: unknown[] = [];
  const events = fanOut(
    [
      () => {
        throw thrown;
      },
      () => Promise.reject(rejected),
      (event) => void got.push(event),
    ],
    (error, event) => {
      failures.push([error, event]);
      throw new Error('and so does the one who gets the report');
    },
  );
  await events.emit(done);
  await new Promise(setImmediate);
  expect(got).toEqual([done]);
  expect(failures).toEqual([
    [thrown, done],
    [rejected, done],
  ]);
});

test('one that never ends is not waited for', async () => {
  const events = fanOut([() => new Promise(() => {})]);
  await expect(events.emit(done)).resolves.toBeUndefined();
});

test('one type of event can be asked for', async () => {
  const bytes: number[] = [];
  const events = fanOut([on('piece.done', (event) => void bytes.push(event.bytes))]);
  await events.emit(done);
  await events.emit(finalizing);
  expect(bytes).toEqual([10]);
});
