import {
  readFetcherTask,
  readFinalizerMessage,
  readNotifyTask,
  readPlannerMessage,
  readStreamTask,
} from '../../queues/messages.ts';
import type { Subject } from './subjects.ts';
import { subjectOf } from './subjects.ts';

/** How each function reads the bodies of its queues; what it does not understand throws, and is parked. */
export const READERS = {
  planner: (body: string) => (kindOf(body) === 'stream' ? readStreamTask(body) : readPlannerMessage(body)),
  fetcher: readFetcherTask,
  finalizer: readSubject,
  notifier: readNotifyTask,
} as const;

/** What the schedule's rule sends. */
export interface Scheduled {
  readonly kind: 'schedule';
}

/** A message of the results queue, or a dead letter of the pieces queue, which is the task as the fetcher got it. */
function readSubject(body: string): Subject {
  if (!isFetcherTask(body)) return subjectOf(readFinalizerMessage(body));
  const task = readFetcherTask(body);
  return subjectOf(task.kind === 'piece' ? { kind: 'dead', v: 1, task } : { kind: 'dead-shard', v: 1, task });
}

function isFetcherTask(body: string): boolean {
  const kind = kindOf(body);
  return kind === 'piece' || kind === 'shard';
}

function kindOf(body: string): unknown {
  try {
    return (Object(JSON.parse(body)) as { kind?: unknown }).kind;
  } catch {
    return undefined;
  }
}
