import { setTimeout as delay } from 'node:timers/promises';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery } from '../../lib/queues/queue.ts';
import { sqsConsumer } from '../../lib/queues/sqs/consumer.ts';
import type { Letter, Letters } from '../../lib/queues/sqs/letters.ts';
import { sqsLetters } from '../../lib/queues/sqs/letters.ts';
import { sqsParking, sqsQueue } from '../../lib/queues/sqs/queue.ts';
import { sendBack } from '../../lib/queues/sqs/send-back.ts';
import type { Clock } from '../../lib/values/time.ts';
import { miniStack } from '../support/ministack.ts';
import { failureOf } from '../support/reading.ts';
import type { S3Server } from '../support/s3-process.ts';
import { withServer } from '../support/with-server.ts';

// The suite of the port runs on a double, in time of its own (queue-sqs.test.ts). This holds the same code, and what
// the double takes for granted of SQS, to a server that others wrote, in as much time as that takes.

const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => delay(ms, undefined, { signal }) };

await withServer(
  'MiniStack',
  () => miniStack('patched'),
  (start) => {
    describe('SQS, MiniStack', () => {
      let server: S3Server;
      let client: SQSClient;
      let queueUrl: string;
      let serial = 0;

      beforeAll(async () => {
        server = await start();
        const { endpoint, region, credentials } = server;
        client = new SQSClient({ endpoint, region, credentials });
      });
      afterAll(async () => {
        client.destroy();
        await server[Symbol.asyncDispose]();
      });
      beforeEach(async () => {
        serial += 1;
        const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: `queue-${serial}` }));
        queueUrl = QueueUrl;
      });

      /** Handles until `enough` says so; what was handed out, batch by batch. */
      async function consumeUntil(
        enough: (handled: readonly Delivery<string>[][]) => boolean,
        handle: (batch: readonly Delivery<string>[], signal: AbortSignal) => Promise<void> = async () => {},
      ) {
        const stopping = new AbortController();
        const handled: Delivery<string>[][] = [];
        const consumer = sqsConsumer<string>({
          client,
          queueUrl,
          clock,
          read: (body) => JSON.parse(body) as string,
          visibilitySeconds: 20,
          waitSeconds: 2,
        });
        await consumer.consume(
          { concurrency: 2, batchSize: 10 },
          async (batch, signal) => {
            handled.push([...batch]);
            if (enough(handled)) stopping.abort();
            await handle(batch, signal);
          },
          stopping.signal,
        );
        return handled.flat();
      }

      /** Visible, in hand, delayed. */
      async function counts(): Promise<readonly number[]> {
        const { Attributes = {} } = await client.send(
          new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
        );
        return [
          Number(Attributes.ApproximateNumberOfMessages),
          Number(Attributes.ApproximateNumberOfMessagesNotVisible),
          Number(Attributes.ApproximateNumberOfMessagesDelayed),
        ];
      }

      test('every message that was sent is handed out, and the queue is empty then', async () => {
        const bodies = Array.from({ length: 35 }, (_, index) => `ü${index}`);
        const queue = sqsQueue<string>({ client, queueUrl, groupOf: (body) => `owner-${body.length}` });
        await queue.send(bodies.map((body) => ({ body })));
        const handled = await consumeUntil((batches) => batches.flat().length >= bodies.length);
        expect(handled.map(({ body }) => body).sort()).toEqual([...bodies].sort());
        expect(handled.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
        expect(await counts()).toEqual([0, 0, 0]);
      });

      test('what a handler threw at comes again, counted on', async () => {
        await sqsQueue<string>({ client, queueUrl }).send([{ body: 'a' }]);
        const handled = await consumeUntil(
          (batches) => batches.length >= 3,
          async ([delivery]) => {
            if ((delivery?.receiveCount ?? 0) < 3) throw new Error('not yet');
          },
        );
        expect(handled).toEqual([1, 2, 3].map((receiveCount) => ({ body: 'a', receiveCount })));
        expect(await counts()).toEqual([0, 0, 0]);
      });

      test('what was in hand when the consumer was stopped is there for the next one', async () => {
        await sqsQueue<string>({ client, queueUrl }).send([{ body: 'a' }]);
        const first = await consumeUntil(
          () => true,
          async (_, signal) => signal.throwIfAborted(),
        );
        expect(first).toHaveLength(1);
        const second = await consumeUntil(() => true);
        expect(second).toEqual([{ body: 'a', receiveCount: 2 }]);
      });

      test('a delayed message waits apart, and comes', async () => {
        await sqsQueue<string>({ client, queueUrl }).send([
          { body: 'far', delayMs: 86_400_000 },
          { body: 'soon', delayMs: 1 },
        ]);
        expect(await consumeUntil(() => true)).toEqual([{ body: 'soon', receiveCount: 1 }]);
        expect(await counts()).toEqual([0, 0, 1]);
      });

      test('what is parked lies there as it came', async () => {
        await sqsParking({ client, queueUrl })('"not ours"', 'its version 9 is not one of 1');
        expect(await consumeUntil(() => true)).toEqual([{ body: 'not ours', receiveCount: 1 }]);
      });

      test('letters are taken with why and whose, hidden, given back as they were, sent elsewhere and dropped', async () => {
        const { QueueUrl: elsewhere = '' } = await client.send(
          new CreateQueueCommand({ QueueName: `elsewhere-${serial}` }),
        );
        await sqsQueue<string>({ client, queueUrl, groupOf: () => 'owner' }).send([{ body: 'dead' }]);
        await sqsParking({ client, queueUrl })('"parked"', 'it is strange');
        const letters = sqsLetters({ client, queueUrl, waitSeconds: 1 });
        const taken = await takenFrom(letters, 2);
        expect(taken.map(({ body, group, because }) => ({ body, group, because }))).toEqual([
          { body: '"dead"', group: 'owner', because: undefined },
          { body: '"parked"', group: undefined, because: 'it is strange' },
        ]);
        expect(await counts()).toEqual([0, 2, 0]);
        await letters.giveBack(taken);
        expect(await counts()).toEqual([2, 0, 0]);
        const again = await takenFrom(letters, 2);
        expect(again.map(({ id }) => id)).toEqual(taken.map(({ id }) => id));
        await sendBack({ client, queueUrl: elsewhere }, again);
        await letters.drop(again);
        expect(await counts()).toEqual([0, 0, 0]);
        const there = await takenFrom(sqsLetters({ client, queueUrl: elsewhere, waitSeconds: 1 }), 2);
        expect(there.map(({ body, group }) => [body, group])).toEqual([
          ['"dead"', 'owner'],
          ['"parked"', undefined],
        ]);
      });

      async function takenFrom(letters: Letters, count: number): Promise<readonly Letter[]> {
        const taken: Letter[] = [];
        while (taken.length < count) taken.push(...(await letters.take()));
        return taken.sort((a, b) => a.body.localeCompare(b.body));
      }

      test('a queue that does not exist is said to be so', async () => {
        const error = await failureOf(
          sqsQueue<string>({ client, queueUrl: `${queueUrl}-none` }).send([{ body: 'a' }]),
          'HomeRefused',
        );
        expect(error.message).toContain('-none');
      });
    });
  },
);
