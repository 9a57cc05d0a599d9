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
  for (let from = 0; from < records.length; from += BATCH) {
    const Entries = records.slice(from, from + BATCH).map(({ receiptHandle, attributes }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: Math.min(LONGEST_SECONDS, 2 ** Math.min(10, Number(attributes.ApproximateReceiveCount) - 1)),
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })).catch(() => undefined);
  }
}
