import type { Message } from '@aws-sdk/client-sqs';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SqsPlace } from './call.ts';
import { BATCH, onQueue } from './call.ts';

/** A message that lies in a queue from which no function takes: a dead letter, or one that was parked. */
export interface Letter {
  readonly id: string;
  /** As it was sent. */
  readonly body: string;
  /** Whose it is, where its sender said so (fair queues). */
  readonly group?: string;
  /** Why it was parked, where a function did that. */
  readonly because?: string;
  /** Of this receipt alone: SQS gives another at each one. */
  readonly receipt: string;
}

/** Such a queue, for who empties it. */
export interface Letters {
  /** Up to ten, which no other taker sees until they are given back, or `hiddenSeconds` are over. */
  take(): Promise<readonly Letter[]>;
  /** What could not be deleted comes again. */
  drop(letters: readonly Letter[]): Promise<void>;
  giveBack(letters: readonly Letter[]): Promise<void>;
}

export interface SqsLettersOptions extends SqsPlace {
  /** @default 60 */
  readonly hiddenSeconds?: number;
  /** How long `take` waits for a first one; only above 0 are all servers of the queue asked. At most 20. @default 0 */
  readonly waitSeconds?: number;
}

/** @throws PieceworkError each: `HomeUnavailable`, `HomeRefused`. */
export function sqsLetters({ client, queueUrl, hiddenSeconds = 60, waitSeconds = 0 }: SqsLettersOptions): Letters {
  return {
    async take() {
      const { Messages = [] } = await onQueue(queueUrl, 'sqs:ReceiveMessage', () =>
        client.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: BATCH,
            WaitTimeSeconds: waitSeconds,
            VisibilityTimeout: hiddenSeconds,
            MessageAttributeNames: ['because'],
            MessageSystemAttributeNames: ['MessageGroupId'],
          }),
        ),
      );
      return Messages.map(letterOf);
    },

    async drop(letters) {
      await inTens(letters, async (Entries) => {
        await onQueue(queueUrl, 'sqs:DeleteMessage', () =>
          client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries })),
        );
      });
    },

    async giveBack(letters) {
      await inTens(letters, async (entries) => {
        const Entries = entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
        await onQueue(queueUrl, 'sqs:ChangeMessageVisibility', () =>
          client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })),
        );
      });
    },
  };
}

function letterOf({ MessageId, Body = '', ReceiptHandle = '', Attributes, MessageAttributes }: Message): Letter {
  const group = Attributes?.MessageGroupId;
  const because = MessageAttributes?.['because']?.StringValue;
  return {
    id: MessageId ?? ReceiptHandle,
    body: Body,
    receipt: ReceiptHandle,
    ...(group === undefined ? {} : { group }),
    ...(because === undefined ? {} : { because }),
  };
}

async function inTens(
  letters: readonly Letter[],
  send: (entries: { Id: string; ReceiptHandle: string }[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < letters.length; from += BATCH) {
    const tens = letters.slice(from, from + BATCH);
    await send(tens.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt })));
  }
}
