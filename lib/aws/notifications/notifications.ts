import { batchDetailOf, detailOf } from '../../events/eventbridge/details.ts';
import type { Notifications } from '../../events/events.ts';
import type { Queue } from '../../queues/queue.ts';
import type { SealedDocuments } from '../../secrets/secrets.ts';
import type { Hooks, ShownHooks } from '../../transfer/hooks.ts';
import type { NotifyTask } from '../../transfer/messages.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import { describeDestination } from '../destinations.ts';
import type { NotificationSettings } from './settings.ts';

/** A hook as it is sealed: each for itself, since one is used up before the other. */
export type SealedHook = { readonly v: 1 } & Hooks;

/** Under `sealed/`. */
export function sealedHookName(id: string, which: 'webhook' | 'task'): string {
  return `hooks/${id}/${which}`;
}

export interface NotificationParts {
  readonly sealed: SealedDocuments;
  readonly settings: NotificationSettings;
  readonly queue: Queue<NotifyTask>;
  /** @default Date.now */
  readonly now?: () => Instant;
}

/** Of a deployment: an end is a message to the notifier for each hook; what the hooks are, only that one reads. */
export function awsNotifications({ sealed, settings, queue, now = Date.now }: NotificationParts): Notifications {
  return {
    async keep(id, { webhook, taskToken }) {
      const seal = (which: 'webhook' | 'task', hook: Hooks) =>
        sealed.seal(sealedHookName(id, which), { v: 1, ...hook } satisfies SealedHook);
      if (webhook !== undefined) await seal('webhook', { webhook });
      if (taskToken !== undefined) await seal('task', { taskToken });
    },
    async send(...[event, record]) {
      const to = hooksFor('request' in record ? record.request.hooks : record.hooks, settings);
      if (to.length === 0) return;
      const detail =
        'batchId' in event
          ? batchDetailOf(event, now())
          : detailOf(event, descriptionOf(record as TransferRecord), now());
      await queue.send(
        to.map((one) => ({ body: { kind: 'notify', v: 1, to: one, id: record.id, detail, tries: 0 } as const })),
      );
    },
  };
}

function hooksFor(hooks: ShownHooks | undefined, { usual }: NotificationSettings): readonly NotifyTask['to'][] {
  const webhook = hooks?.webhook === undefined ? (usual === undefined ? [] : ['usual' as const]) : ['webhook' as const];
  return hooks?.taskToken === true ? [...webhook, 'task'] : webhook;
}

function descriptionOf({ run, request, owner, actedBy }: TransferRecord) {
  return {
    run,
    source: request.source.url,
    destination: describeDestination(request.destination),
    owner,
    ...(actedBy === undefined ? {} : { actedBy }),
    ...(request.labels === undefined ? {} : { labels: request.labels }),
  };
}
