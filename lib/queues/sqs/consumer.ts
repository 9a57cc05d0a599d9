import type { Message } from '@aws-sdk/client-sqs';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { asPieceworkError } from '../../errors/error.ts';
import { backoffMs } from '../../transfer/retry.ts';
import type { Clock } from '../../values/time.ts';
import type { Consumer, Delivery } from '../queue.ts';
import type { SqsPlace } from './call.ts';
import { BATCH, onQueue } from './call.ts';

export interface SqsConsumerOptions<M> extends SqsPlace {
  readonly clock: Clock;
  /** Throws for what it does not understand. */
  readonly read: (body: string) => M;
  /** Takes what `read` does not understand. @default it stays, and SQS moves it to the dead letters in the end */
  readonly park?: (body: string, because: string) => Promise<void>;
  /** A worker that died is noticed after this; a living one asks for more time at half of it. @default 60 */
  readonly visibilitySeconds?: number;
  /** How long a poll waits for a message, at most 20. @default 20 */
  readonly waitSeconds?: number;
  /** Gets what a handler threw, and why a poll failed in passing. Must not throw. @default none */
  readonly onFailure?: (error: unknown) => void;
}

interface Received<M> extends Delivery<M> {
  readonly receipt: string;
}

const LAST_REDELIVERY_SECONDS = 300;

/**
 * A worker's side of an SQS queue, for a long-running process (Lambda's event source does this for functions). What a
 * handler threw at comes again after 1 s, doubling up to 5 min; what was in hand when the signal was aborted comes
 * again at once. SQS counts that as received.
 */
export function sqsConsumer<M>(options: SqsConsumerOptions<M>): Consumer<M> {
  const {
    client,
    queueUrl,
    clock,
    read,
    park,
    visibilitySeconds = 60,
    waitSeconds = 20,
    onFailure = () => {},
  } = options;

  /** Up to `count`; waits for the first, not for the others. */
  async function receive(count: number, signal: AbortSignal): Promise<readonly Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) {
      const wanted = Math.min(BATCH, count - messages.length);
      const command = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: wanted,
        WaitTimeSeconds: messages.length === 0 ? waitSeconds : 0,
        VisibilityTimeout: visibilitySeconds,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      });
      const { Messages = [] } = await onQueue(queueUrl, 'sqs:ReceiveMessage', () =>
        client.send(command, { abortSignal: signal }),
      );
      messages.push(...Messages);
      if (Messages.length < wanted) break;
    }
    return messages;
  }

  async function understood(messages: readonly Message[]): Promise<readonly Received<M>[]> {
    const received: Received<M>[] = [];
    for (const { Body = '', ReceiptHandle: receipt = '', Attributes } of messages) {
      try {
        received.push({ body: read(Body), receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 1), receipt });
      } catch (error) {
        onFailure(error);
        if (park === undefined) continue;
        await park(Body, asPieceworkError(error).message).then(() => remove([{ receipt }]), onFailure);
      }
    }
    return received;
  }

  /** What can't be deleted now comes again, and is recognised as done. */
  async function remove(batch: readonly Pick<Received<M>, 'receipt'>[]): Promise<void> {
    await inTens(batch, async (Entries) => {
      await onQueue(queueUrl, 'sqs:DeleteMessage', () =>
        client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries })),
      );
    }).catch(onFailure);
  }

  async function hide(batch: readonly Received<M>[], seconds: (message: Received<M>) => number): Promise<void> {
    const entries = batch.map((message) => ({ receipt: message.receipt, VisibilityTimeout: seconds(message) }));
    await inTens(entries, async (Entries) => {
      await onQueue(queueUrl, 'sqs:ChangeMessageVisibility', () =>
        client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })),
      );
    }).catch(onFailure);
  }

  /** Until it is stopped. */
  async function keepHidden(batch: readonly Received<M>[], signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(visibilitySeconds * 500, signal);
      } catch {
        return;
      }
      await hide(batch, () => visibilitySeconds);
    }
  }

  type Handle = Parameters<Consumer<M>['consume']>[1];

  async function deliver(batch: readonly Received<M>[], handle: Handle, signal: AbortSignal): Promise<void> {
    const beating = new AbortController();
    const heart = keepHidden(batch, beating.signal);
    let failure: { readonly error: unknown } | undefined;
    try {
      await handle(
        batch.map(({ body, receiveCount }) => ({ body, receiveCount })),
        signal,
      );
    } catch (error) {
      failure = { error };
    } finally {
      beating.abort();
      await heart;
    }
    if (failure === undefined) return await remove(batch);
    if (signal.aborted) return await hide(batch, () => 0);
    onFailure(failure.error);
    await hide(batch, ({ receiveCount }) => Math.min(LAST_REDELIVERY_SECONDS, 2 ** (receiveCount - 1)));
  }

  /** One handler's place. */
  async function work(batchSize: number, handle: Handle, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const batch = await understood(await receive(batchSize, signal));
        failures = 0;
        if (signal.aborted) await hide(batch, () => 0);
        else if (batch.length > 0) await deliver(batch, handle, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (asPieceworkError(error).reaction === 'fail') throw error;
        onFailure(error);
        failures += 1;
        await clock.sleep(backoffMs(failures, queueUrl), signal).catch(() => {});
      }
    }
  }

  return {
    async consume({ concurrency, batchSize }, handle, signal) {
      const broken = new AbortController();
      const either = AbortSignal.any([signal, broken.signal]);
      const places = Array.from({ length: concurrency }, () =>
        work(batchSize, handle, either).catch((error: unknown) => {
          broken.abort(error);
          throw error;
        }),
      );
      const ends = await Promise.allSettled(places);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}

async function inTens<T extends { readonly receipt: string }>(
  items: readonly T[],
  send: (entries: (Omit<T, 'receipt'> & { Id: string; ReceiptHandle: string })[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length; from += BATCH) {
    const entries = items
      .slice(from, from + BATCH)
      .map(({ receipt, ...rest }, index) => ({ ...rest, Id: String(index), ReceiptHandle: receipt }));
    await send(entries);
  }
}
