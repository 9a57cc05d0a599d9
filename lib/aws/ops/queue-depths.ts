import type { SQSClient } from '@aws-sdk/client-sqs';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { onService } from './on-service.ts';

/** Messages of a queue, approximately. */
export interface QueueDepth {
  /** To be taken now. */
  readonly waiting: number;
  /** Taken, and neither deleted nor given back. */
  readonly inHand: number;
  /** To be taken later. */
  readonly delayed: number;
}

/** @throws PieceworkError `HomeUnavailable`, `HomeRefused`. */
export async function queueDepth(client: SQSClient, QueueUrl: string): Promise<QueueDepth> {
  const { Attributes = {} } = await onService(`the queue ${QueueUrl}`, 'sqs:GetQueueAttributes', () =>
    client.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
    ),
  );
  const number = (text: string | undefined) => Number(text ?? 0);
  return {
    waiting: number(Attributes.ApproximateNumberOfMessages),
    inHand: number(Attributes.ApproximateNumberOfMessagesNotVisible),
    delayed: number(Attributes.ApproximateNumberOfMessagesDelayed),
  };
}
