import {
  readFetcherTask,
  readFinalizerMessage,
  readNotifyTask,
  readPlannerMessage,
  readStreamTask,
} from '../../../queues/messages.ts';
import { aboutMessage } from '../../messages/about.ts';

/** The queues that functions take from. */
export const TASK_QUEUES = ['plans', 'streams', 'pieces', 'results', 'notifications'] as const;
export type TaskQueue = (typeof TASK_QUEUES)[number];

/** Where a message belongs, and what it is about; or why this version does not understand it. */
export type Route =
  | { readonly to: TaskQueue; readonly kind: string; readonly id: string }
  | { readonly because: string };

const READERS: Readonly<Record<TaskQueue, (body: string) => { readonly kind: string }>> = {
  plans: readPlannerMessage,
  streams: readStreamTask,
  pieces: readFetcherTask,
  results: readFinalizerMessage,
  notifications: readNotifyTask,
};

/** No kind of message belongs to two queues, so the one that understands it is where it was. */
export function routeOf(body: string): Route {
  const refusals: string[] = [];
  for (const to of TASK_QUEUES) {
    try {
      const message = READERS[to](body);
      const { transferId, batchId = '' } = aboutMessage(message);
      return { to, kind: message.kind, id: transferId ?? batchId };
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  // The reader of its own queue gets further than the kind, and names the fields that are wrong.
  const because = refusals.find((refusal) => !refusal.endsWith('(kind)')) ?? refusals[0] ?? '';
  return { because: because.replace(/^a message can't be understood: /, '') };
}
