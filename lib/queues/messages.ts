import * as z from 'zod/mini';
import { PieceworkError } from '../errors/error.ts';
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
import {
  batchTick,
  deadShard,
  largeEnded,
  planBatch,
  reportBatch,
  shardResult,
  shardTask,
  submitLarge,
} from './messages/batches.ts';
import {
  deadPiece,
  finishTask,
  notifyTask,
  pieceResult,
  pieceTask,
  planTask,
  streamTask,
  tick,
  tickSpan,
} from './messages/transfers.ts';

/*
 * What a queue hands over was written by some release of ours, or by any sender with the right to. It is checked here,
 * once, and what is not understood is put aside by the caller (parked), never looped and never guessed at.
 *
 * Versions: a reader takes v and v-1, and writers change one release later. To bring in v 2: write its
 * schema, keep that of v 1 with an `upgrade` to the new type, release; let `transfer/messages.ts` and the
 * senders say v 2 in the next release; drop v 1 after that. Fields that a reader does not know are dropped,
 * so an optional one needs no new version.
 */

/** By version: the schema of a kind of message, giving the newest type. `undefined` = it has no such kind. */
export type Versions<M> = Readonly<Record<number, (kind: unknown) => z.core.$ZodType<M> | undefined>>;

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
  const { v, kind } = Object(json) as { v?: unknown; kind?: unknown };
  if (typeof v !== 'number') return unreadable('it has no version "v"');
  const schemas = Object.hasOwn(versions, v) ? versions[v] : undefined;
  if (schemas === undefined) return unreadable(`its version ${v} is not one of ${Object.keys(versions).join(', ')}`);
  const schema = schemas(kind);
  if (schema === undefined) return unreadable(malformed(['kind']));
  const { success, data, error } = z.safeParse(schema, json);
  if (success) return data;
  return unreadable(malformed(error.issues.map(({ path }) => path.join('.') || 'the whole')));
}

function malformed(fields: readonly string[]): string {
  return `it does not have the form of a message (${[...new Set(fields)].join(', ')})`;
}

export function isUnreadable(parsed: object): parsed is Unreadable {
  return 'unreadable' in parsed;
}

type Forms<M> = Readonly<Record<string, () => z.core.$ZodType<M>>>;

/** The same, for those who rather catch. @param forms version 1 of each kind; each is made when one is read */
function reader<M extends object>(forms: Forms<M>): (body: string) => M {
  const made = new Map<string, z.core.$ZodType<M>>();
  function schemaOf(kind: unknown): z.core.$ZodType<M> | undefined {
    if (typeof kind !== 'string' || !Object.hasOwn(forms, kind)) return undefined;
    const schema = made.get(kind) ?? forms[kind]?.();
    if (schema !== undefined) made.set(kind, schema);
    return schema;
  }
  return (body) => {
    const parsed = parseMessage(body, { 1: schemaOf });
    if (!isUnreadable(parsed)) return parsed;
    throw new PieceworkError('MessageMalformed', `a message can't be understood: ${parsed.because}`);
  };
}

/** Of the plans queue. @throws PieceworkError `MessageMalformed`. */
export const readPlannerMessage = reader<PlannerMessage | BatchPlannerMessage>({
  plan: planTask,
  finish: finishTask,
  'plan-batch': planBatch,
  'submit-large': submitLarge,
  report: reportBatch,
});
/** Of the streams queue. @throws PieceworkError `MessageMalformed`. */
export const readStreamTask = reader<StreamTask>({ stream: streamTask });
/** Of the pieces queue. @throws PieceworkError `MessageMalformed`. */
export const readFetcherTask = reader<PieceTask | ShardTask>({ piece: pieceTask, shard: shardTask });
/** Of the results queue. @throws PieceworkError `MessageMalformed`. */
export const readFinalizerMessage = reader<FinalizerMessage | BatchFinalizerMessage | TickSpan>({
  result: pieceResult,
  dead: deadPiece,
  tick,
  'tick-span': tickSpan,
  'shard-result': shardResult,
  'dead-shard': deadShard,
  'batch-tick': batchTick,
  'large-ended': largeEnded,
});
/** Of the notifications queue. @throws PieceworkError `MessageMalformed`. */
export const readNotifyTask = reader<NotifyTask>({ notify: notifyTask });
