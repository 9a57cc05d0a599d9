import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { backoffMs } from '../../transfer/retry.ts';
import type { Outgoing, Queue } from '../queue.ts';
import type { SqsPlace } from './call.ts';
import { BATCH, onQueue, refusedEntry } from './call.ts';

export interface SqsQueueOptions<M> extends SqsPlace {
  /**
   * Whose message it is: on standard queues SQS then serves the owners in turn (fair queues), and one with many
   * messages holds up no other owner's.
   * @default no groups
   */
  readonly groupOf?: (body: M) => string | undefined | Promise<string | undefined>;
  /** What travels beside its body, by name: texts. @default nothing */
  readonly attributesOf?: (body: M) => Readonly<Record<string, string>>;
  /** Batches in flight at the same time. @default 4 */
  readonly parallel?: number;
  /** @default a timer */
  readonly sleep?: (ms: number) => Promise<void>;
}

type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>;

/**
 * SQS delays no message longer. What should have come later comes at this time, finds that it
 * is too early, and is sent again.
 */
const LONGEST_DELAY_SECONDS = 900;
/** A whole batch; kept below the 256 KiB that SQS allowed until 2025 and its stand-ins still do. */
const BATCH_BYTES = 240 * 1024;
const TRIES = 5;

/**
 * Sends messages as JSON to a standard queue. A request that fails is the SDK's to repeat; an entry that SQS leaves out
 * of a batch that it took (throttling, an internal failure) is sent again here, after a back-off. When `send` rejects,
 * others of its messages may have been sent: they are then sent twice, which harms nothing (invariant 2).
 */
export function sqsQueue<M>(options: SqsQueueOptions<M>): Queue<M> {
  const { client, queueUrl, groupOf, attributesOf, parallel = 4, sleep = delay } = options;

  async function toEntry({ body, delayMs = 0 }: Outgoing<M>): Promise<Entry> {
    const group = await groupOf?.(body);
    const attributes = Object.entries(attributesOf?.(body) ?? {});
    const seconds = Math.min(LONGEST_DELAY_SECONDS, Math.ceil(delayMs / 1000));
    return {
      MessageBody: JSON.stringify(body),
      ...(seconds > 0 ? { DelaySeconds: seconds } : {}),
      ...(group === undefined ? {} : { MessageGroupId: groupId(group) }),
      ...(attributes.length === 0 ? {} : { MessageAttributes: Object.fromEntries(attributes.map(asAttribute)) }),
    };
  }

  async function sendBatch(batch: readonly Entry[]): Promise<void> {
    let rest = batch;
    for (let failures = 1; ; failures += 1) {
      const left = await sendOnce(rest);
      if (left.length === 0) return;
      if (failures === TRIES) throw refusedEntry(queueUrl, left[0]?.code, 'service');
      rest = left.map(({ entry }) => entry);
      await sleep(backoffMs(failures, `${rest[0]?.MessageBody}${failures}`));
    }
  }

  /** What SQS did not take, and may take next time. */
  async function sendOnce(
    entries: readonly Entry[],
  ): Promise<readonly { readonly entry: Entry; readonly code: string | undefined }[]> {
    const Entries = entries.map((entry, index) => ({ ...entry, Id: String(index) }));
    const { Failed = [] } = await onQueue(queueUrl, 'sqs:SendMessage', () =>
      client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })),
    );
    const hopeless = Failed.find(({ SenderFault }) => SenderFault);
    if (hopeless !== undefined) throw refusedEntry(queueUrl, hopeless.Code, 'sender');
    return Failed.flatMap(({ Id, Code }) => {
      const entry = entries[Number(Id)];
      return entry === undefined ? [] : [{ entry, code: Code }];
    });
  }

  return {
    async send(messages) {
      const batches = cut(await Promise.all(messages.map(toEntry)));
      const failures: unknown[] = [];
      const work = async () => {
        for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
          // One that fails keeps no other from being sent.
          await sendBatch(batch).catch((error: unknown) => failures.push(error));
        }
      };
      await Promise.all(Array.from({ length: Math.min(parallel, batches.length) }, work));
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** By ten, and by bytes. */
function cut(entries: readonly Entry[]): (readonly Entry[])[] {
  const batches: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.MessageBody ?? '');
    const last = batches.at(-1);
    if (last === undefined || last.length === BATCH || bytes + size > BATCH_BYTES) {
      batches.push([entry]);
      bytes = size;
    } else {
      last.push(entry);
      bytes += size;
    }
  }
  return batches;
}

function asAttribute([name, StringValue]: readonly [string, string]) {
  return [name, { DataType: 'String', StringValue }] as const;
}

/** Up to 128 characters of ASCII without blanks and controls; what is not so is hashed. */
function groupId(owner: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(owner) ? owner : createHash('sha256').update(owner).digest('hex');
}

/** Puts aside what can not be read, as it came, with the reason beside it: for people, who get an alarm. */
export function sqsParking({ client, queueUrl }: SqsPlace): (body: string, because: string) => Promise<void> {
  return async (body, because) => {
    await onQueue(queueUrl, 'sqs:SendMessage', () =>
      client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: body,
          MessageAttributes: { because: { DataType: 'String', StringValue: because.slice(0, 1000) } },
        }),
      ),
    );
  };
}
