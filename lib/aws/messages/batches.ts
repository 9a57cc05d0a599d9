import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Instant } from '../../values/time.ts';
import { MARGIN_MS } from '../names.ts';
import { messageSpan } from '../tracing/message-span.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { Meter } from '../usage/meter.ts';
import type { Subject } from './subjects.ts';
import { nameOf } from './subjects.ts';

/** Reads a message's body. @throws PieceworkError `MessageMalformed` for what can not be read here. */
export type Reader<M> = (body: string) => M;

/** What every batch needs of its home. */
export interface BatchHome {
  /** Puts aside what can't be understood, so that it neither loops nor is lost; rejects if it could not. */
  park(record: SQSRecord, why: string): Promise<void>;
  /** Gets what a message's handler threw; the message comes again. */
  failed(record: SQSRecord, error: unknown): void;
  /** Lets a message come again sooner than its time-out says. */
  giveBack(records: readonly SQSRecord[]): Promise<void>;
  /** Writes what was counted: a function is frozen as soon as it has returned. */
  flush(): void;
  /** Counts what each message uses. @default it is not counted */
  readonly meter?: Pick<Meter, 'run'>;
  /** Where the span of each message goes. @default it is not traced */
  readonly tracing?: Tracing;
}

/** Aborted shortly before the function is cut off, so that its messages are given back in order. */
export function signalOf(context: Pick<Context, 'getRemainingTimeInMillis'>): AbortSignal {
  return AbortSignal.timeout(Math.max(1, context.getRemainingTimeInMillis() - MARGIN_MS));
}

/**
 * Each message by itself, side by side: one that fails comes again alone.
 * @param handle gets the moment too at which the function is cut off
 */
export async function eachMessage<M>(
  home: BatchHome,
  event: SQSEvent,
  context: Context,
  read: Reader<M>,
  handle: (message: M, signal: AbortSignal, cutOffAt: Instant) => Promise<void>,
): Promise<SQSBatchResponse> {
  const signal = signalOf(context);
  const cutOffAt = Date.now() + context.getRemainingTimeInMillis();
  const { messages, failed } = await understood(home, event, read);
  const work = workOf(home, messages.length);
  const again = messages.map(
    async ({ record, message }) =>
      await attempt(home, [record], () =>
        work(message, 1, () => traced(home, [record], message, () => handle(message, signal, cutOffAt))),
      ),
  );
  return await answer(home, [failed, ...(await Promise.all(again))].flat());
}

/** All messages about one thing together, one thing beside another. */
export async function bySubject(
  home: BatchHome,
  event: SQSEvent,
  context: Context,
  read: Reader<Subject>,
  handle: (subjects: readonly Subject[], signal: AbortSignal) => Promise<void>,
): Promise<SQSBatchResponse> {
  const signal = signalOf(context);
  const { messages, failed } = await understood(home, event, read);
  const work = workOf(home, messages.length);
  const groups = Map.groupBy(messages, ({ message }) => nameOf(message));
  const again = [...groups.values()].map(async (group) => {
    const records = group.map(({ record }) => record);
    const subjects = group.map(({ message }) => message);
    return await attempt(home, records, () =>
      work(subjects[0], group.length, () => traced(home, records, subjects[0], () => handle(subjects, signal))),
    );
  });
  return await answer(home, [failed, ...(await Promise.all(again))].flat());
}

/** SQS takes and gives ten messages at most per request. */
const BATCH = 10;

/** Each part of a run counts for its own transfer, with its share of the run, of its receives and of its deletes. */
function workOf(home: BatchHome, messageCount: number) {
  const run = home.meter?.run({ functionRuns: 1, queueRequests: 2 * Math.ceil(messageCount / BATCH) });
  return async (message: unknown, count: number, task: () => Promise<void>): Promise<void> => {
    const { transferId } = Object(message) as { readonly transferId?: string };
    await (run === undefined ? task() : run.work(transferId, count / messageCount, task));
  };
}

async function traced(
  { tracing }: BatchHome,
  records: readonly SQSRecord[],
  message: unknown,
  handle: () => Promise<void>,
): Promise<void> {
  await (tracing === undefined ? handle() : tracing.during(messageSpan(records, message), handle));
}

interface Understood<M> {
  readonly messages: readonly { readonly record: SQSRecord; readonly message: M }[];
  /** Neither understood nor parked. */
  readonly failed: readonly SQSRecord[];
}

async function understood<M>(home: BatchHome, event: SQSEvent, read: Reader<M>): Promise<Understood<M>> {
  const messages: { record: SQSRecord; message: M }[] = [];
  const strange: { record: SQSRecord; why: string }[] = [];
  for (const record of event.Records) {
    try {
      messages.push({ record, message: read(record.body) });
    } catch (error) {
      strange.push({ record, why: error instanceof Error ? error.message : String(error) });
    }
  }
  const failed = await Promise.all(
    strange.map(async ({ record, why }) => await attempt(home, [record], () => home.park(record, why))),
  );
  return { messages, failed: failed.flat() };
}

async function attempt(
  home: BatchHome,
  records: readonly SQSRecord[],
  handle: () => Promise<void>,
): Promise<readonly SQSRecord[]> {
  try {
    await handle();
    return [];
  } catch (error) {
    for (const record of records) home.failed(record, error);
    return records;
  }
}

async function answer(home: BatchHome, failed: readonly SQSRecord[]): Promise<SQSBatchResponse> {
  await home.giveBack(failed);
  home.flush();
  await home.tracing?.flush();
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
