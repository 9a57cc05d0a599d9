import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../lib/queues/queue.ts';
import { sqsConsumer } from '../../lib/queues/sqs/consumer.ts';
import { sqsParking, sqsQueue } from '../../lib/queues/sqs/queue.ts';
import { handClock } from '../support/hand-clock.ts';
import { failureOf } from '../support/reading.ts';
import { sqsDouble } from '../support/sqs-double.ts';
import { queueContract } from './queue.ts';

/** SQS counts in seconds and delays no longer than 900: a tenth of a second here is a millisecond of the suite. */
const SCALE = 100;

const readText = (body: string): string => JSON.parse(body) as string;

function bench() {
  const clock = handClock();
  const sqs = sqsDouble(clock);
  const { client, queueUrl } = sqs;
  const sleeps: number[] = [];
  const sleep = async (ms: number) => void sleeps.push(ms);
  const failures: unknown[] = [];
  return {
    sqs,
    sleeps,
    failures,
    place: { client, queueUrl },
    queue: sqsQueue<string>({ client, queueUrl, sleep }),
    consumer: (
      options: {
        readonly park?: (body: string, because: string) => Promise<void>;
        readonly read?: (body: string) => string;
      } = {},
    ) =>
      sqsConsumer<string>({
        client,
        queueUrl,
        clock,
        read: readText,
        onFailure: (error) => failures.push(error),
        ...options,
      }),
    advance: (ms: number) => clock.advance(ms, sqs.settled),
  };
}

queueContract('SQS', () => {
  const { queue, consumer, advance, sqs } = bench();
  return {
    queue: {
      send: (messages) => queue.send(messages.map(({ body, delayMs = 0 }) => ({ body, delayMs: delayMs * SCALE }))),
    },
    consumer: consumer(),
    advance: (ms) => advance(ms * SCALE),
    pending: sqs.pending,
    countsStopped: true,
  };
});

describe('sending to SQS', () => {
  const many = Array.from({ length: 95 }, (_, index) => ({ body: `m${index}` }));

  test('goes by tens, and nothing is left out', async () => {
    const { queue, sqs } = bench();
    await queue.send(many);
    expect(sqs.calls.map(({ asked }) => asked.Entries?.length).sort()).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 5]);
    expect(
      sqs
        .stored()
        .map(({ body }) => readText(body))
        .sort(),
    ).toEqual(many.map(({ body }) => body).sort());
  });

  test('nothing is sent for nothing', async () => {
    const { queue, sqs } = bench();
    await queue.send([]);
    expect(sqs.calls).toEqual([]);
  });

  test('a batch stays below what SQS takes, however large its messages', async () => {
    const { queue, sqs } = bench();
    await queue.send(Array.from({ length: 10 }, (_, index) => ({ body: String(index).repeat(100_000) })));
    expect(sqs.calls.map(({ asked }) => asked.Entries?.length)).toEqual([2, 2, 2, 2, 2]);
  });

  test('what SQS leaves out of a batch is sent again, and only that, after a wait that grows', async () => {
    const { queue, sqs, sleeps } = bench();
    sqs.fail({ action: 'SendMessageBatch', what: { entries: [1, 3], code: 'InternalError', senderFault: false } });
    sqs.fail({ action: 'SendMessageBatch', what: { entries: [0], code: 'InternalError', senderFault: false } });
    await queue.send(['a', 'b', 'c', 'd'].map((body) => ({ body })));
    expect(
      sqs.calls.map(({ asked }) => asked.Entries?.map(({ MessageBody }) => readText(MessageBody)).join('')),
    ).toEqual(['abcd', 'bd', 'b']);
    expect(sqs.stored().map(({ body }) => readText(body))).toEqual(['a', 'c', 'd', 'b']);
    expect(sleeps).toHaveLength(2);
    expect(sleeps[0]).toBeGreaterThan(0);
    expect(sleeps[0]).toBeLessThanOrEqual(500);
    expect(sleeps[1]).toBeLessThanOrEqual(1000);
  });

  test('what SQS goes on leaving out is an error that may pass; the other batches are sent', async () => {
    const { queue, sqs, sleeps } = bench();
    sqs.fail({
      action: 'SendMessageBatch',
      times: 5,
      what: { entries: [0], code: 'InternalError', senderFault: false },
    });
    await failureOf(
      sqsQueue<string>({
        client: sqs.client,
        queueUrl: sqs.queueUrl,
        parallel: 1,
        sleep: async (ms) => void sleeps.push(ms),
      }).send(many),
      'HomeUnavailable',
    );
    expect(sleeps).toHaveLength(4);
    expect(sqs.stored()).toHaveLength(94);
    await queue.send([{ body: 'm0' }]);
    expect(sqs.stored()).toHaveLength(95);
  });

  test.for([
    [{ entries: [0], code: 'InvalidMessageContents', senderFault: true }, 'HomeRefused', 'InvalidMessageContents'],
    [{ status: 403, code: 'AccessDeniedException' }, 'HomeRefused', 'sqs:SendMessage'],
    [{ status: 400, code: 'QueueDoesNotExist' }, 'HomeRefused', 'the queue queue'],
    [{ status: 400, code: 'ThrottlingException' }, 'HomeUnavailable', 'ThrottlingException'],
    [{ status: 503, code: 'ServiceUnavailable' }, 'HomeUnavailable', '503'],
  ] as const)('%o is %s, and is not tried again here', async ([what, code, said]) => {
    const { queue, sqs, sleeps } = bench();
    sqs.fail({ action: 'SendMessageBatch', what });
    const error = await failureOf(queue.send([{ body: 'a' }]), code);
    expect(error.message).toContain(said);
    expect(sqs.calls).toHaveLength(1);
    expect(sleeps).toEqual([]);
  });

  test('delays are whole seconds, at least what was asked, at most what SQS can', async () => {
    const { queue, sqs } = bench();
    await queue.send([0, 1, 999, 1000, 1001, 900_000, 86_400_000].map((delayMs) => ({ body: 'a', delayMs })));
    expect(sqs.calls[0]?.asked.Entries?.map(({ DelaySeconds }) => DelaySeconds)).toEqual([
      undefined,
      1,
      1,
      1,
      2,
      900,
      900,
    ]);
  });

  test('each message goes with its owner’s group, where it has one that SQS takes, else with its hash', async () => {
    const { sqs, place } = bench();
    const owners: Record<string, string | undefined> = {
      a: 'arn:aws:iam::1:role/x',
      b: 'zwei Wörter',
      c: undefined,
      d: 'x'.repeat(129),
    };
    const queue = sqsQueue<string>({ ...place, groupOf: async (body) => owners[body] });
    await queue.send(Object.keys(owners).map((body) => ({ body })));
    const groups = sqs.stored().map(({ group }) => group);
    expect(groups[0]).toBe('arn:aws:iam::1:role/x');
    expect(groups[1]).toMatch(/^[0-9a-f]{64}$/);
    expect(groups[2]).toBeUndefined();
    expect(groups[3]).toMatch(/^[0-9a-f]{64}$/);
    expect(groups[3]).not.toBe(groups[1]);
  });

  test('parking keeps a body as it came, with the reason beside it', async () => {
    const { sqs, place } = bench();
    await sqsParking(place)('{"v":9', 'it is not JSON');
    expect(sqs.stored()).toEqual([
      {
        body: '{"v":9',
        group: undefined,
        attributes: { because: { DataType: 'String', StringValue: 'it is not JSON' } },
      },
    ]);
  });
});

describe('consuming from SQS', () => {
  function consume(from: ReturnType<typeof bench>, consumer = from.consumer(), batchSize = 1) {
    const stopping = new AbortController();
    const handled: (readonly Delivery<string>[])[] = [];
    const release: (() => void)[] = [];
    const ended = consumer.consume(
      { concurrency: 1, batchSize },
      async (batch) => {
        handled.push(batch);
        await new Promise<void>((resolve) => release.push(resolve));
      },
      stopping.signal,
    );
    return { handled, release, ended, stop: () => stopping.abort() };
  }

  test('a handler that takes longer than the time-out keeps its message, and nobody else gets it', async () => {
    const from = bench();
    await from.queue.send([{ body: 'a' }]);
    const first = consume(from);
    const second = consume(from);
    await from.advance(600_000);
    expect([...first.handled, ...second.handled]).toEqual([[{ body: 'a', receiveCount: 1 }]]);
    expect(from.sqs.calls.filter(({ action }) => action === 'ChangeMessageVisibilityBatch')).toHaveLength(20);
    for (const { release } of [first, second]) release[0]?.();
    await from.advance(600_000);
    expect(from.sqs.stored()).toEqual([]);
    expect(from.sqs.calls.filter(({ action }) => action === 'ChangeMessageVisibilityBatch')).toHaveLength(20);
    first.stop();
    second.stop();
    await Promise.all([first.ended, second.ended]);
  });

  test('larger batches than SQS gives are gathered, as far as there is something', async () => {
    const from = bench();
    await from.queue.send(Array.from({ length: 37 }, (_, index) => ({ body: String(index) })));
    const { handled, release, ended, stop } = consume(from, from.consumer(), 25);
    await from.advance(0);
    release[0]?.();
    await from.advance(0);
    release[1]?.();
    await from.advance(0);
    expect(handled.map((batch) => batch.length)).toEqual([25, 12]);
    expect(from.sqs.stored()).toEqual([]);
    stop();
    await ended;
  });

  test('what is not understood is parked and gone, and the rest is handled', async () => {
    const from = bench();
    const parked: [string, string][] = [];
    await from.queue.send(['good', 'bad', 'better'].map((body) => ({ body })));
    const read = (body: string) => {
      if (body === '"bad"') throw new Error('no such thing');
      return readText(body);
    };
    const { handled, release, ended, stop } = consume(
      from,
      from.consumer({ read, park: async (body, because) => void parked.push([body, because]) }),
      10,
    );
    await from.advance(0);
    release[0]?.();
    await from.advance(0);
    expect(handled.flat().map(({ body }) => body)).toEqual(['good', 'better']);
    expect(parked).toEqual([['"bad"', expect.stringContaining('no such thing')]]);
    expect(from.sqs.stored()).toEqual([]);
    stop();
    await ended;
  });

  test('what could not be parked stays', async () => {
    const from = bench();
    await from.queue.send([{ body: 'bad' }]);
    const read = () => {
      throw new Error('no such thing');
    };
    const { ended, stop } = consume(from, from.consumer({ read, park: () => Promise.reject(new Error('full')) }));
    await from.advance(0);
    stop();
    await ended;
    expect(from.sqs.stored()).toHaveLength(1);
    expect(from.failures).toHaveLength(2);
  });

  test('a poll that fails in passing is repeated after a wait', async () => {
    const from = bench();
    from.sqs.fail({ action: 'ReceiveMessage', times: 3, what: { status: 503, code: 'ServiceUnavailable' } });
    await from.queue.send([{ body: 'a' }]);
    const { handled, release, ended, stop } = consume(from);
    await from.advance(0);
    expect(handled).toHaveLength(0);
    await from.advance(60_000);
    expect(handled).toHaveLength(1);
    expect(from.failures).toHaveLength(3);
    release[0]?.();
    stop();
    await ended;
  });

  test('a queue that is not there, or forbidden, ends the consumer with a sentence', async () => {
    const from = bench();
    from.sqs.fail({ action: 'ReceiveMessage', what: { status: 403, code: 'AccessDeniedException' } });
    const error = await failureOf(consume(from).ended, 'HomeRefused');
    expect(error.message).toContain('sqs:ReceiveMessage');
  });

  test('what can not be deleted comes again', async () => {
    const from = bench();
    await from.queue.send([{ body: 'a' }]);
    from.sqs.fail({ action: 'DeleteMessageBatch', what: { status: 503, code: 'ServiceUnavailable' } });
    const { handled, release, ended, stop } = consume(from);
    await from.advance(0);
    release[0]?.();
    await from.advance(60_000);
    expect(handled).toEqual([[{ body: 'a', receiveCount: 1 }], [{ body: 'a', receiveCount: 2 }]]);
    expect(from.failures).toHaveLength(1);
    release[1]?.();
    stop();
    await ended;
  });
});
