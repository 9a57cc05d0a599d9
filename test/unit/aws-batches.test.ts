import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import type { BatchHome } from '../../lib/aws/messages/batches.ts';
import { bySubject, eachMessage } from '../../lib/aws/messages/batches.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { idOf, nameOf } from '../../lib/aws/messages/subjects.ts';

const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
const event = (...bodies: readonly unknown[]): SQSEvent => ({
  Records: bodies.map(
    (body, index) =>
      ({ messageId: `m${index}`, body: typeof body === 'string' ? body : JSON.stringify(body) }) as SQSRecord,
  ),
});

function homeOf(over: Partial<BatchHome> = {}) {
  const seen = { parked: [] as string[], failed: [] as string[], givenBack: [] as string[], flushed: 0 };
  const home: BatchHome = {
    async park({ messageId }, because) {
      seen.parked.push(`${messageId}: ${because}`);
    },
    failed: ({ messageId }) => void seen.failed.push(messageId),
    async giveBack(records) {
      seen.givenBack.push(...records.map(({ messageId }) => messageId));
    },
    flush() {
      seen.flushed += 1;
    },
    ...over,
  };
  return { home, seen };
}

const piece = (pieceNumber: number) => ({ kind: 'piece', v: 1, transferId: 'T', planId: 'P', pieceNumber, attempt: 1 });
const result = (transferId: string, pieceNumber: number) => ({
  ...piece(pieceNumber),
  kind: 'result',
  transferId,
  outcome: 'done',
  bytes: 1,
  elapsedMs: 1,
});

test('one piece that fails comes again alone', async () => {
  const { home, seen } = homeOf();
  const handled: number[] = [];
  const answer = await eachMessage(
    home,
    event(piece(1), piece(2), piece(3)),
    context,
    READERS.fetcher,
    async (task) => {
      const pieceNumber = task.kind === 'piece' ? task.pieceNumber : 0;
      if (pieceNumber === 2) throw new Error('no');
      handled.push(pieceNumber);
    },
  );
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
  expect([handled, seen.failed, seen.givenBack, seen.flushed]).toEqual([[1, 3], ['m1'], ['m1'], 1]);
});

test('pieces of a batch are at work side by side', async () => {
  const { home } = homeOf();
  const both = Promise.withResolvers<void>();
  let started = 0;
  await eachMessage(home, event(piece(1), piece(2)), context, READERS.fetcher, async () => {
    started += 1;
    if (started === 2) both.resolve();
    await both.promise;
  });
  expect(started).toBe(2);
});

test('what nobody understands is parked, neither handled nor repeated', async () => {
  const { home, seen } = homeOf();
  const answer = await eachMessage(
    home,
    event('{', { ...piece(1), v: 7 }, { kind: 'plan', v: 1 }, piece(4)),
    context,
    READERS.fetcher,
    async () => {},
  );
  expect(answer.batchItemFailures).toEqual([]);
  expect(seen.parked).toEqual([
    expect.stringContaining('m0: '),
    expect.stringMatching(/m1: .*version 7/),
    expect.stringContaining('m2: '),
  ]);
});

test('what can’t even be parked comes again', async () => {
  const { home, seen } = homeOf({ park: () => Promise.reject(new Error('no queue')) });
  const answer = await eachMessage(home, event('{', piece(1)), context, READERS.fetcher, async () => {});
  expect([answer.batchItemFailures, seen.givenBack]).toEqual([[{ itemIdentifier: 'm0' }], ['m0']]);
});

test('messages about one transfer, or one batch, are one call, and a transfer that fails takes no other with it', async () => {
  const { home } = homeOf();
  const calls: string[] = [];
  const tick = { kind: 'tick', v: 1, transferId: 'A' };
  const ofBatch = { kind: 'batch-tick', v: 1, batchId: 'A' };
  const shard = { kind: 'shard', v: 1, batchId: 'A', run: 1, shard: 2, turn: 3, places: 4 };
  const span = { kind: 'tick-span', v: 1, at: '2026-01-01T00:00:00.000Z', after: 'active/A/1' };
  const answer = await bySubject(
    home,
    event(result('A', 1), result('B', 1), result('A', 2), tick, piece(9), ofBatch, shard, span),
    context,
    READERS.finalizer,
    async (subjects) => {
      const [first] = subjects;
      const name = first === undefined ? '' : nameOf(first);
      calls.push(`${name}: ${subjects.map((one) => ('span' in one ? 'span' : one.input.kind)).join(' ')}`);
      if (name === 'A') throw new Error('lost its swaps');
    },
  );
  // A task on the finalizer's queues is a dead letter.
  expect(calls.sort()).toEqual([
    'A: result result tick',
    'B: result',
    'T: dead',
    'batch A: batch-tick dead-shard',
    'span after active/A/1: span',
  ]);
  expect([ofBatch, shard, tick, span].map((body) => idOf(READERS.finalizer(JSON.stringify(body))))).toEqual([
    'A',
    'A',
    'A',
    undefined,
  ]);
  expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(['m0', 'm2', 'm3']);
});

test('what is worked on is held for the function’s own time, and given back only after that was said', async () => {
  const order: string[] = [];
  const { home } = homeOf({
    async hold(records, seconds) {
      await new Promise(setImmediate);
      order.push(`${records.map(({ messageId }) => messageId).join()} held for ${seconds} s`);
    },
    async giveBack(records) {
      order.push(`${records.map(({ messageId }) => messageId).join()} given back`);
    },
  });
  await eachMessage(home, event(piece(1), 'no JSON', piece(2)), context, READERS.fetcher, async () => {
    throw new Error('no');
  });
  expect(order).toEqual(['m0,m1,m2 held for 70 s', 'm0,m2 given back']);
});
