import type { KEYS } from '../../../lib/records/records.ts';
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
} from '../../../lib/transfer/messages.ts';

/*
 * Every kind of message and of record that a deployment keeps. The types are those of the code that writes them: a kind
 * that is new does not compile until it is named here, and then a test fails until a fixture has it.
 */

type Message =
  | PlannerMessage
  | BatchPlannerMessage
  | StreamTask
  | PieceTask
  | ShardTask
  | FinalizerMessage
  | BatchFinalizerMessage
  | TickSpan
  | NotifyTask;

/** Whose queue carries it. */
export const MESSAGE_QUEUES: Readonly<
  Record<Message['kind'], 'planner' | 'streams' | 'fetcher' | 'finalizer' | 'notifier'>
> = {
  plan: 'planner',
  finish: 'planner',
  'plan-batch': 'planner',
  'submit-large': 'planner',
  report: 'planner',
  stream: 'streams',
  piece: 'fetcher',
  shard: 'fetcher',
  result: 'finalizer',
  dead: 'finalizer',
  tick: 'finalizer',
  'tick-span': 'finalizer',
  'shard-result': 'finalizer',
  'dead-shard': 'finalizer',
  'batch-tick': 'finalizer',
  'large-ended': 'finalizer',
  notify: 'notifier',
};

/** What is stored besides `KEYS`: under `sealed/`. */
type SealedKind = 'sealedSource' | 'sealedList' | 'sealedShard' | 'sealedWebhook' | 'sealedTask';
export type RecordKind = Exclude<keyof typeof KEYS, 'outcomesOf' | 'openOf'> | SealedKind;

/** Where each lies in the records bucket; of several that fit, the first. */
export const RECORD_PATHS: Readonly<Record<RecordKind, RegExp>> = {
  transfer: /^transfers\/[^/]+\.json$/,
  active: /^active\/[^/]+\/\d+$/,
  notCompleted: /^not-completed\/[^/]+\.json$/,
  batchIdempotency: /^keys\/batches-[^/]+$/,
  idempotency: /^keys\/[^/]+$/,
  host: /^hosts\/[^/]+\.json$/,
  batch: /^batches\/[^/]+\.json$/,
  outcomes: /^outcomes\/[^/]+\/\d+\.json$/,
  board: /^boards\/[^/]+\.json$/,
  shardIndex: /^boards\/[^/]+\/[^/]+\.json$/,
  activeBatch: /^active-batches\/[^/]+\/\d+$/,
  pause: /^ops\/pause\.json$/,
  wait: /^waits\/\d+\.json$/,
  open: /^open\/[^/]+\/[^/]+\.\d+$/,
  spent: /^spent\/[^/]+\/[^/]+\/\d+\.json$/,
  sealedList: /^sealed\/batches\/[^/]+\/list$/,
  sealedShard: /^sealed\/batches\/[^/]+\/[^/]+\/\d+$/,
  sealedWebhook: /^sealed\/hooks\/[^/]+\/webhook$/,
  sealedTask: /^sealed\/hooks\/[^/]+\/task$/,
  sealedSource: /^sealed\/[^/]+\/\d+$/,
};

export function kindOf(path: string): RecordKind | undefined {
  return (Object.keys(RECORD_PATHS) as RecordKind[]).find((kind) => RECORD_PATHS[kind].test(path));
}

/** A record as it was written. */
export interface StoredRecord {
  readonly path: string;
  readonly body: unknown;
}

/** What one version has written: one of each kind, and of transfers and batches one of each status. */
export interface Released {
  readonly version: string;
  /** By kind, as JSON. */
  readonly messages: Readonly<Record<string, unknown>>;
  /** By kind, or kind and status. */
  readonly records: Readonly<Record<string, StoredRecord>>;
}
