import { PieceworkError } from '../../errors/error.ts';
import { webhookBody } from '../../events/webhooks/body.ts';
import type { Refusal } from '../../events/webhooks/post.ts';
import { waitAfter } from '../../events/webhooks/schedule.ts';
import type { Queue } from '../../queues/queue.ts';
import type { SealedDocuments } from '../../secrets/secrets.ts';
import type { Webhook } from '../../transfer/hooks.ts';
import { isWebhookSecret } from '../../transfer/hooks.ts';
import type { NotifyTask } from '../../transfer/messages.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import { EVENT_SOURCE } from '../names.ts';
import type { SealedHook } from './notifications.ts';
import { sealedHookName } from './notifications.ts';

/** What it takes to notify. */
export interface Notify {
  readonly sealed: SealedDocuments;
  readonly usual?: Webhook;
  /** For what is to be tried later. */
  readonly queue: Queue<NotifyTask>;
  /** For people: what is given up. */
  readonly dead: Queue<NotifyTask>;
  /** Puts a secret in the place of its reference. @throws PieceworkError `SecretMissing`. */
  secret(text: string): Promise<string>;
  post(webhook: Webhook, notification: { readonly id: string; readonly body: string }): Promise<Refusal | undefined>;
  endTask(taskToken: string, detail: NotifyTask['detail']): Promise<Refusal | undefined>;
  /** Gets what became of a try that failed. `about` holds no secret. */
  warn(sentence: string, about: Readonly<Record<string, unknown>>): void;
  readonly now: () => Instant;
}

/**
 * Notifies one hook of one end. What fails is sent again with a delay (SQS waits for 15 minutes at most: what comes too
 * early is sent on), and at last to the dead letters.
 */
export async function notify(parts: Notify, task: NotifyTask): Promise<void> {
  const { queue, dead, now, warn } = parts;
  const early = task.notBefore === undefined ? 0 : fromIso(task.notBefore) - now();
  if (early > 0) return await queue.send([{ body: task, delayMs: early }]);
  const refusal = await attempt(parts, task);
  if (refusal === undefined) return await forget(parts, task);
  const tries = task.tries + 1;
  const { to, id, detail } = task;
  const waitMs = refusal.isFinal ? undefined : waitAfter(tries, refusal.askedMs);
  const about = { to, event: detail.id, tries, because: refusal.message };
  if (waitMs !== undefined) {
    warn('a notification is tried again', { ...about, waitMs });
    return await queue.send([{ body: { ...task, tries, notBefore: toIso(now() + waitMs) }, delayMs: waitMs }]);
  }
  warn('a notification is given up', about);
  // A task that is over needs nothing any more; what a person may mend is put aside for him, with its hooks.
  if (to === 'task' && refusal.isFinal) return await forget(parts, task);
  await dead.send([{ body: { kind: 'notify', v: 1, to, id, detail, tries: 0 } }]);
}

async function attempt(parts: Notify, { to, id, detail }: NotifyTask): Promise<Refusal | undefined> {
  const hook = to === 'usual' ? undefined : await parts.sealed.unseal<SealedHook>(sealedHookName(id, to));
  if (to === 'task') {
    return hook?.taskToken === undefined ? gone('token') : await parts.endTask(hook.taskToken, detail);
  }
  const webhook = to === 'usual' ? parts.usual : hook?.webhook;
  if (webhook === undefined) return gone('webhook');
  let secret: string;
  try {
    secret = await parts.secret(webhook.secret);
  } catch (error) {
    if (!(error instanceof PieceworkError)) throw error;
    return { message: error.message, isFinal: false };
  }
  if (!isWebhookSecret(secret))
    return { message: 'the secret is not whsec_ and base64 of 24 to 64 bytes', isFinal: false };
  const body = webhookBody(detail as Parameters<typeof webhookBody>[0], EVENT_SOURCE);
  return await parts.post({ ...webhook, secret }, { id: detail.id, body });
}

function gone(what: string): Refusal {
  return { message: `its ${what} is not sealed any more`, isFinal: true };
}

/** A webhook is needed again where a failed transfer is retried, or a batch, however it ended; a token is used up. */
async function forget({ sealed }: Notify, { to, id, detail }: NotifyTask): Promise<void> {
  const mayEndAgain = detail.status === 'failed' || 'batchId' in detail;
  if (to === 'task' || (to === 'webhook' && !mayEndAgain)) await sealed.discard(sealedHookName(id, to));
}
