import { PieceworkError } from '../../errors/error.ts';
import type { Events } from '../../events/events.ts';
import type { Refusal } from '../../events/webhooks/post.ts';
import { MOST_TRIES, waitAfter } from '../../events/webhooks/schedule.ts';
import type { RecordKey, Records } from '../../records/records.ts';
import type { Webhook } from '../../transfer/hooks.ts';
import { isWebhookSecret } from '../../transfer/hooks.ts';
import type { Clock } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import { formatDuration } from '../../values/units.ts';
import type { KeptNotification } from './kept.ts';
import { KEPT } from './kept.ts';
import type { Sealer } from './seal.ts';

/** What it takes to deliver. */
export interface Deliver {
  readonly records: Records;
  readonly sealer: Sealer;
  readonly events: Events;
  readonly clock: Clock;
  /** Puts a secret in the place of its reference. @throws PieceworkError `SecretMissing`. */
  secret(text: string): string;
  post(webhook: Webhook, notification: { readonly id: string; readonly body: string }): Promise<Refusal | undefined>;
}

/**
 * Longer than any try: the process that begins one has it for itself. That of a killed process is taken over then.
 */
const LEASE_MS = 20_000;

export async function pathsOfKept(records: Records): Promise<readonly string[]> {
  const all: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await records.list(KEPT.notifications, cursor);
    all.push(...page.paths);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}

/** Tries one, where it is due. @returns when it is due next; `undefined` = it is gone. */
export async function deliverOne(deliver: Deliver, path: string): Promise<number | undefined> {
  const { records, clock, events } = deliver;
  const key: RecordKey<KeptNotification> = { path };
  const found = await records.get(key);
  if (found === undefined) return undefined;
  const { value: kept } = found;
  const now = clock.now();
  const due = fromIso(kept.notBefore);
  if (due > now) return due;
  const tries = kept.tries + 1;
  const leased = { ...kept, tries, notBefore: toIso(now + LEASE_MS) };
  try {
    await records.put(key, leased, found.version);
  } catch (error) {
    // Another process tries it.
    if (error instanceof PieceworkError && error.code === 'Conflict') return now + LEASE_MS;
    throw error;
  }
  const refusal = await attempt(deliver, kept);
  const waitMs = refusal?.isFinal === true ? undefined : waitAfter(tries, refusal?.askedMs);
  if (refusal === undefined || waitMs === undefined) {
    await records.delete(key);
    const [subjectId = ''] = kept.id.split('.');
    if (kept.isLast === true) await records.delete(KEPT.hooks(subjectId));
    if (refusal !== undefined) await events.emit({ type: 'warning', message: givenUp(kept, refusal, tries) });
    return undefined;
  }
  const again = await records.get(key);
  const next = clock.now() + waitMs;
  if (again !== undefined) await records.put(key, { ...leased, notBefore: toIso(next) }, again.version);
  await events.emit({
    type: 'warning',
    message: `${kept.id} could not be notified: ${refusal.message}; tried again in ${formatDuration(waitMs)} (${tries} of ${MOST_TRIES})`,
  });
  return next;
}

async function attempt({ sealer, post, secret }: Deliver, kept: KeptNotification): Promise<Refusal | undefined> {
  const webhook = await sealer.unseal<Webhook>(kept.sealed);
  if (webhook === undefined)
    return { message: 'its webhook was sealed with another key than the one in sealing-key', isFinal: true };
  let filled: string;
  try {
    filled = secret(webhook.secret);
  } catch (error) {
    if (!(error instanceof PieceworkError)) throw error;
    return { message: error.message, isFinal: false };
  }
  if (!isWebhookSecret(filled))
    return { message: 'its secret is not whsec_ and base64 of 24 to 64 bytes', isFinal: true };
  return await post({ ...webhook, secret: filled }, kept);
}

function givenUp({ id }: KeptNotification, { message }: Refusal, tries: number): string {
  return `${id} was not notified, and is given up after ${tries} ${tries === 1 ? 'try' : 'tries'}: ${message}`;
}
