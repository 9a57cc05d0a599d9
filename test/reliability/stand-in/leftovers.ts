import { setTimeout as sleep } from 'node:timers/promises';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { TransferRecord } from '../../../lib/transfer/record/record.ts';
import { isSettled } from '../../../lib/transfer/record/record.ts';
import type { Pipeline } from '../../e2e/pipeline.ts';

/** A grace, several time-outs of dead workers, and the ticks after them. */
const LONGEST_MS = 480_000;

export interface Left {
  /** What should not be there any more. */
  readonly wrong: readonly string[];
  /**
   * Creates whose answer was lost with their planner: looked for after an hour, the marker
   * stands until then (protocol §6).
   */
  readonly waiting: number;
}

/** Waits for the clean-up of these transfers, whose objects are under a prefix of their own. */
export async function untilNothingIsLeft(pipeline: Pipeline, ids: readonly string[], prefix: string): Promise<Left> {
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const left = await leftOf(pipeline, ids, prefix);
    if (left.wrong.length === 0 || Date.now() > deadline) return left;
    await sleep(2000);
  }
}

async function leftOf(pipeline: Pipeline, ids: readonly string[], prefix: string): Promise<Left> {
  const records = await Promise.all(ids.map(async (id) => (await pipeline.record(id)) as unknown as TransferRecord));
  const waiting = records.filter(waitsForItsHour);
  const creates = waiting.reduce((sum, { creating }) => sum + creating.length, 0);
  const mayStay = new Set(waiting.map(({ id }) => id));
  const Bucket = pipeline.output('RecordsBucket');
  const ours = ids
    .filter((id) => !mayStay.has(id))
    .flatMap((id) => [`active/${id}/`, `sealed/${id}/`])
    .map(async (Prefix) => (await pipeline.s3.send(new ListObjectsV2Command({ Bucket, Prefix }))).Contents ?? []);
  const there = { Bucket: pipeline.buckets.target, Prefix: prefix };
  const { Uploads = [] } = await pipeline.s3.send(new ListMultipartUploadsCommand(there));
  const { Contents: objects = [] } = await pipeline.s3.send(new ListObjectsV2Command(there));
  return {
    waiting: creates,
    wrong: [
      ...(await Promise.all(ours)).flat().map(({ Key }) => String(Key)),
      ...Uploads.slice(creates).map(({ Key }) => `upload of ${Key}`),
      ...objects.map(({ Key }) => `object ${Key}`),
    ],
  };
}

/** Ended and announced, and nothing is known of it but a Create that may have been done. */
function waitsForItsHour(record: TransferRecord): boolean {
  return record.creating.length > 0 && isSettled({ ...record, creating: [] });
}

const TAKEN_FROM = ['Plans', 'Pieces', 'Results', 'PiecesDead'];

/** Until everything has come back for the last time. */
export async function untilQueuesAreEmpty(pipeline: Pipeline): Promise<void> {
  const deadline = Date.now() + LONGEST_MS;
  const isEmpty = async () =>
    (await Promise.all(TAKEN_FROM.map((name) => pipeline.waiting(name)))).every((count) => count === 0);
  while (!(await isEmpty()) && Date.now() < deadline) await sleep(2000);
}

/** What lies where nothing but people takes from, in words. */
export async function lettersLeft(pipeline: Pipeline): Promise<readonly string[]> {
  const letters: string[] = [];
  for (const name of ['Parked', 'PlansDead', 'ResultsDead']) {
    const QueueUrl = pipeline.output(`${name}QueueUrl`);
    const { Messages = [] } = await pipeline.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
    );
    for (const { Body, MessageAttributes } of Messages)
      letters.push(`${name}: ${Body} ${MessageAttributes?.['because']?.StringValue ?? ''}`);
  }
  return letters;
}
