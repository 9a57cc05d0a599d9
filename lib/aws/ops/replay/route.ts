import { readFetcherTask, readFinalizerMessage, readPlannerMessage, readStreamTask } from '../../../queues/messages.ts';

/** The queues that functions take from. */
export const TASK_QUEUES = ['plans', 'streams', 'pieces', 'results'] as const;
export type TaskQueue = (typeof TASK_QUEUES)[number];

/** Where a message belongs, and what it is about; or why this version does not understand it. */
export type Route =
  | { readonly to: TaskQueue; readonly kind: string; readonly id: string }
  | { readonly because: string };

const READERS: Readonly<Record<TaskQueue, (body: string) => object>> = {
  plans: readPlannerMessage,
  streams: readStreamTask,
  pieces: readFetcherTask,
  results: readFinalizerMessage,
};

/** No kind of message belongs to two queues, so the one that understands it is where it was. */
export function routeOf(body: string): Route {
  const refusals: string[] = [];
  for (const to of TASK_QUEUES) {
    try {
      const message = READERS[to](body) as Aboutness;
      return { to, kind: message.kind, id: idOf(message) };
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  // The reader of its own queue gets further than the kind, and names the fields that are wrong.
  const because = refusals.find((refusal) => !refusal.endsWith('(kind)')) ?? refusals[0] ?? '';
  return { because: because.replace(/^a message can't be understood: /, '') };
}

interface Aboutness {
  readonly kind: string;
  readonly transferId?: string;
  readonly batchId?: string;
  readonly task?: Aboutness;
}

function idOf({ transferId, batchId, task }: Aboutness): string {
  return transferId ?? batchId ?? (task === undefined ? '' : idOf(task));
}
