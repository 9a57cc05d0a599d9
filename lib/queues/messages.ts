import * as z from 'zod';
import { ERROR_CODES } from '../errors/codes.ts';
import { PieceworkError } from '../errors/error.ts';
import type { Usage } from '../transfer/cost/usage.ts';
import { USAGE_KINDS } from '../transfer/cost/usage.ts';
import type {
  BatchFinalizerMessage,
  BatchPlannerMessage,
  FinalizerMessage,
  NotifyTask,
  PieceTask,
  PlannerMessage,
  ShardTask,
  StreamTask,
  TickSpan,
} from '../transfer/messages.ts';

/*
 * What a queue hands over was written by some release of ours, or by any sender with the right to. It is checked here,
 * once, and what is not understood is put aside by the caller (parked), never looped and never guessed at.
 *
 * Versions: a reader takes v and v-1, and writers change one release later. To bring in v 2: write its
 * schema, keep that of v 1 with an `upgrade` to the new type, release; let `transfer/messages.ts` and the
 * senders say v 2 in the next release; drop v 1 after that. Fields that a reader does not know are dropped,
 * so an optional one needs no new version.
 */

// It becomes part of a record's path.
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const count = z.int().min(1);
const size = z.number().min(0);

const errorRecord = z.object({
  code: z.enum(Object.keys(ERROR_CODES) as [keyof typeof ERROR_CODES]),
  message: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).exactOptional(),
});

/** What is not known of it is dropped, and what is missing counts as nothing. */
const usage = z.object(
  Object.fromEntries(USAGE_KINDS.map((kind) => [kind, size.exactOptional()])) as Record<
    keyof Usage,
    z.ZodExactOptional<typeof size>
  >,
);

const planTask = z.object({ kind: z.literal('plan'), v: z.literal(1), transferId: id });
const streamTask = z.object({ kind: z.literal('stream'), v: z.literal(1), transferId: id, planId: id });
const finishTask = z.object({ kind: z.literal('finish'), v: z.literal(1), transferId: id });
const tick = z.object({ kind: z.literal('tick'), v: z.literal(1), transferId: id });
// A marker's path.
const markerPath = z.string().regex(/^active\/[A-Za-z0-9_-]{1,64}\/\d{1,9}$/);
const tickSpan = z.object({
  kind: z.literal('tick-span'),
  v: z.literal(1),
  after: markerPath.exactOptional(),
  through: markerPath.exactOptional(),
  at: z.iso.datetime(),
});
const ofPiece = {
  v: z.literal(1),
  transferId: id,
  planId: id,
  pieceNumber: count,
  attempt: count,
};
// A store takes no more parts.
const partNumber = count.max(10_000);
const pieceSet = z.array(z.tuple([partNumber, partNumber])).max(10_000);
const pieceTask = z.object({
  ...ofPiece,
  kind: z.literal('piece'),
  load: z.object({ number: count, connections: count, others: pieceSet }).exactOptional(),
});
const pieceResult = z.object({
  ...ofPiece,
  kind: z.literal('result'),
  outcome: z.enum(['done', 'failed']),
  bytes: size,
  elapsedMs: size,
  used: usage.exactOptional(),
  error: errorRecord.exactOptional(),
  ofLoad: count.exactOptional(),
  left: pieceSet.exactOptional(),
});
const deadPiece = z.object({ kind: z.literal('dead'), v: z.literal(1), task: pieceTask });

const planBatch = z.object({ kind: z.literal('plan-batch'), v: z.literal(1), batchId: id });
const submitLarge = z.object({
  kind: z.literal('submit-large'),
  v: z.literal(1),
  batchId: id,
  shard: count,
  most: count,
});
const reportBatch = z.object({ kind: z.literal('report'), v: z.literal(1), batchId: id });
const shardTask = z.object({
  kind: z.literal('shard'),
  v: z.literal(1),
  batchId: id,
  run: count,
  shard: count,
  turn: count,
  places: count,
});
const shardResult = z.object({
  ...shardTask.omit({ places: true }).shape,
  kind: z.literal('shard-result'),
  end: z.enum(['through', 'given-back']),
});
const deadShard = z.object({ kind: z.literal('dead-shard'), v: z.literal(1), task: shardTask });
const batchTick = z.object({ kind: z.literal('batch-tick'), v: z.literal(1), batchId: id });
const largeEnded = z.object({
  kind: z.literal('large-ended'),
  v: z.literal(1),
  batchId: id,
  shard: count,
  entry: count,
  transferId: id,
});

const notifyTask = z.object({
  kind: z.literal('notify'),
  v: z.literal(1),
  to: z.enum(['webhook', 'usual', 'task']),
  id,
  // As it was made: others get all of it.
  detail: z.looseObject({ id: z.string(), at: z.string(), status: z.string() }),
  tries: z.int().min(0),
  notBefore: z.string().exactOptional(),
});

/** The schema of each version that is read, all giving the newest type. */
export type Versions<M> = Readonly<Record<number, z.ZodType<M>>>;

const PLANNER: Versions<PlannerMessage | BatchPlannerMessage> = {
  1: z.discriminatedUnion('kind', [planTask, finishTask, planBatch, submitLarge, reportBatch]),
};
const STREAMS: Versions<StreamTask> = { 1: z.discriminatedUnion('kind', [streamTask]) };
const FETCHER: Versions<PieceTask | ShardTask> = { 1: z.discriminatedUnion('kind', [pieceTask, shardTask]) };
const FINALIZER: Versions<FinalizerMessage | BatchFinalizerMessage | TickSpan> = {
  1: z.discriminatedUnion('kind', [
    pieceResult,
    deadPiece,
    tick,
    tickSpan,
    shardResult,
    deadShard,
    batchTick,
    largeEnded,
  ]),
};

const NOTIFIER: Versions<NotifyTask> = { 1: z.discriminatedUnion('kind', [notifyTask]) };

export interface Unreadable {
  readonly unreadable: true;
  /** In words; holds nothing of the body but names of fields. */
  readonly because: string;
}

export function parseMessage<M extends object>(body: string, versions: Versions<M>): M | Unreadable {
  const unreadable = (because: string): Unreadable => ({ unreadable: true, because });
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return unreadable('it is not JSON');
  }
  const { v } = Object(json) as { v?: unknown };
  if (typeof v !== 'number') return unreadable('it has no version "v"');
  const schema = Object.hasOwn(versions, v) ? versions[v] : undefined;
  if (schema === undefined) return unreadable(`its version ${v} is not one of ${Object.keys(versions).join(', ')}`);
  const { success, data, error } = schema.safeParse(json);
  if (success) return data;
  const fields = [...new Set(error.issues.map(({ path }) => path.join('.') || 'the whole'))];
  return unreadable(`it does not have the form of a message (${fields.join(', ')})`);
}

export function isUnreadable(parsed: object): parsed is Unreadable {
  return 'unreadable' in parsed;
}

/** The same, for those who rather catch. */
function reader<M extends object>(versions: Versions<M>): (body: string) => M {
  return (body) => {
    const parsed = parseMessage(body, versions);
    if (!isUnreadable(parsed)) return parsed;
    throw new PieceworkError('MessageMalformed', `a message can't be understood: ${parsed.because}`);
  };
}

/** Of the plans queue. @throws PieceworkError `MessageMalformed`. */
export const readPlannerMessage = reader(PLANNER);
/** Of the streams queue. @throws PieceworkError `MessageMalformed`. */
export const readStreamTask = reader(STREAMS);
/** Of the pieces queue. @throws PieceworkError `MessageMalformed`. */
export const readFetcherTask = reader(FETCHER);
/** Of the results queue. @throws PieceworkError `MessageMalformed`. */
export const readFinalizerMessage = reader(FINALIZER);
/** Of the notifications queue. @throws PieceworkError `MessageMalformed`. */
export const readNotifyTask = reader(NOTIFIER);
