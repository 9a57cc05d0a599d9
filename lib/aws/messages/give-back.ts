import type { SQSClient } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';

const BATCH = 10;
const LONGEST_SECONDS = 60;

/**
 * Lets messages that failed come again after 1 s, doubling to a minute, and not only after the time-out that a dead
 * worker takes. Where that request fails, they come after that time-out.
 */
export async function giveBack(client: SQSClient, queueUrl: string, records: readonly SQSRecord[]): Promise<void> {
  await comeAgain(client, queueUrl, records, ({ attributes }) =>
    Math.min(LONGEST_SECONDS, 2 ** Math.min(10, Number(attributes.ApproximateReceiveCount) - 1)),
  );
}

/**
 * Lets messages that are worked on come again after so many seconds, should their worker die: sooner than those which
 * Lambda has no room for. Where that request fails, they come later.
 */
export async function holdFor(
  client: SQSClient,
  queueUrl: string,
  records: readonly SQSRecord[],
  seconds: number,
): Promise<void> {
  await comeAgain(client, queueUrl, records, () => seconds);
}

async function comeAgain(
  client: SQSClient,
  QueueUrl: string,
  records: readonly SQSRecord[],
  secondsOf: (record: SQSRecord) => number,
): Promise<void> {
  for (let from = 0; from < records.length; from += BATCH) {
    const Entries = records.slice(from, from + BATCH).map((record, index) => ({
      Id: String(index),
      ReceiptHandle: record.receiptHandle,
      VisibilityTimeout: secondsOf(record),
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => undefined);
  }
}
