import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { batchEventDetail, transferEventDetail } from '../../lib/events/eventbridge/schema.ts';
import { tickHoursLater } from '../reliability/stand-in/hours-later.ts';
import { cloud, eventsQueueUrl, here, pipeline, SECRET } from './suite.ts';

// By itself: in one batch with the pieces of a fetcher that dies, a message is parked and
// comes again, and is parked twice.
describe.runIf(here)('bad messages', () => {
  test('messages that nobody understands are parked', async () => {
    await pipeline.send('Plans', 'no JSON');
    await pipeline.send('Pieces', { kind: 'piece', v: 99 });
    await pipeline.send('Results', { kind: 'unknown', v: 1, transferId: 'x' });
    const because: string[] = [];
    while (because.length < 3) {
      const QueueUrl = pipeline.output('ParkedQueueUrl');
      const { Messages = [] } = await pipeline.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          WaitTimeSeconds: 1,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      for (const { MessageAttributes, ReceiptHandle } of Messages) {
        because.push(String(MessageAttributes?.['because']?.StringValue));
        await pipeline.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
    expect(because.sort()).toEqual([
      expect.stringContaining('form of a message'),
      expect.stringContaining('not JSON'),
      expect.stringContaining('version 99'),
    ]);
  });
});

describe.runIf(here)('afterwards', () => {
  test('nothing is left: no message, no upload, no marker, no sealed source, no staging object', async () => {
    let left = await pipeline.leftovers();
    // What was cancelled is looked at again after a grace, which the time-outs of the
    // stand-in deployment make a minute long; what a submit or a retry left that was cut off before its record, as well
    // (test/unit/cut-off-submit.test.ts).
    for (let seconds = 0; left.length > 0 && seconds < 240; seconds += 2) {
      await sleep(2000);
      left = await pipeline.leftovers();
    }
    // An upload whose planner died before it had its answer waits for its hour, in which nothing else may claim it
    // (protocol §6); so does the transfer that began it. A tick some hours later takes them.
    const waitForTheirHour = left.every((one) => one.startsWith('upload of ') || one.includes('"creating":[{'));
    if (left.length > 0 && waitForTheirHour && cloud.pid !== undefined) {
      expect(await tickHoursLater(cloud, cloud.pid)).toEqual([]);
      left = await pipeline.leftovers();
    }
    expect(left).toEqual([]);
    const { Uploads = [] } = await pipeline.s3.send(
      new ListMultipartUploadsCommand({ Bucket: pipeline.buckets.denied }),
    );
    expect(Uploads).toEqual([]);
  });

  test('no record holds the secret of a source', async () => {
    const Bucket = pipeline.output('RecordsBucket');
    const { Contents = [] } = await pipeline.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.length).toBeGreaterThan(40);
    for (const { Key } of Contents) {
      const { Body } = await pipeline.s3.send(new GetObjectCommand({ Bucket, Key }));
      expect(await Body?.transformToString(), Key).not.toContain(SECRET);
    }
  });

  test('each end was sent to the bus, in the documented form', async () => {
    const sent: string[] = [];
    for (;;) {
      const { Messages = [] } = await pipeline.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: eventsQueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (Messages.length === 0) break;
      for (const { Body = '', ReceiptHandle } of Messages) {
        const event = JSON.parse(Body) as { 'detail-type': string; detail: unknown };
        const form = event['detail-type'].startsWith('Batch ') ? batchEventDetail : transferEventDetail;
        form.parse(event.detail);
        expect(Body).not.toContain(SECRET);
        sent.push(event['detail-type']);
        await pipeline.sqs.send(new DeleteMessageCommand({ QueueUrl: eventsQueueUrl, ReceiptHandle }));
      }
    }
    const count = (type: string, of = 'Transfer') => sent.filter((other) => other === `${of} ${type}`).length;
    expect(count('Completed')).toBeGreaterThanOrEqual(40);
    expect(count('Cancelled')).toBeGreaterThanOrEqual(1);
    expect(count('Failed')).toBeGreaterThanOrEqual(4);
    expect(count('Accepted')).toBeGreaterThanOrEqual(45);
    expect(count('Planned')).toBeGreaterThanOrEqual(41);
    expect(count('Completed', 'Batch')).toBeGreaterThanOrEqual(4);
    expect(count('Cancelled', 'Batch')).toBe(1);
  });
});
