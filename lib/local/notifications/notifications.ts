import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorRecord } from '../../errors/error.ts';
import { asPieceworkError } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import { batchDetailOf, detailOf } from '../../events/eventbridge/details.ts';
import type { BatchEventDetail, TransferEventDetail } from '../../events/eventbridge/schema.ts';
import type { Events, Notifications } from '../../events/events.ts';
import { webhookBody } from '../../events/webhooks/body.ts';
import type { Records } from '../../records/records.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import type { Hooks, Webhook } from '../../transfer/hooks.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import type { Clock } from '../../values/time.ts';
import { changeRecord } from '../batch/change-record.ts';
import type { Deliver } from './deliver.ts';
import { deliverOne, pathsOfKept } from './deliver.ts';
import type { KeptNotification } from './kept.ts';
import { KEPT } from './kept.ts';
import type { Sealer } from './seal.ts';

/** Of one machine: kept in its state folder until they are delivered or given up. */
export interface LocalNotifications extends Notifications {
  /**
   * Tries what is due, and again what fails, for as long as `patienceMs`; what is left is tried by the next command, or
   * by the server. Never rejects.
   */
  deliver(patienceMs: number, signal: AbortSignal): Promise<void>;
  /** Delivers what is sent from now on, and what is left, until the signal is aborted. Never rejects. */
  keepDelivering(signal: AbortSignal): Promise<void>;
  /** Notifies of what failed before there was a transfer: its source could not be looked at, or nothing goes there. */
  sendUnbegun(failed: Unbegun): Promise<void>;
  /** Hooks of transfers and batches that are forgotten. */
  forget(id: string): Promise<void>;
}

export interface Unbegun {
  /** A new one. */
  readonly transferId: string;
  readonly source: SourceLocator;
  /** @default the home's */
  readonly webhook: Webhook | undefined;
  readonly reason: ErrorRecord;
}

export interface NotificationParts extends Pick<Deliver, 'post' | 'secret'> {
  readonly stateDir: string;
  readonly records: () => Records;
  readonly sealer: () => Sealer;
  readonly events: Events;
  readonly clock: Clock;
  describe(record: TransferRecord): string;
  /** For ends that have no webhook of their own. */
  readonly usual?: Webhook;
}

/** Another process may leave something that is due. */
const LOOK_EVERY_MS = 30_000;

export function localNotifications(parts: NotificationParts): LocalNotifications {
  const { stateDir, records, sealer, events, clock, usual } = parts;
  let wake = Promise.withResolvers<void>();

  async function hooksOf(id: string): Promise<Hooks | undefined> {
    const kept = await records().get(KEPT.hooks(id));
    return kept === undefined ? undefined : await sealer().unseal<Hooks>(kept.value.sealed);
  }

  async function webhookOf(record: TransferRecord | BatchRecord): Promise<Webhook | undefined> {
    const hooks = 'request' in record ? record.request.hooks : record.hooks;
    if (hooks?.webhook === undefined) return usual;
    const own = (await hooksOf(record.id))?.webhook;
    if (own === undefined) {
      const what = 'request' in record ? 'transfer' : 'batch';
      const message = `the webhook of ${what} ${record.id} is not known any more, so it is not notified`;
      await events.emit({ type: 'warning', message });
    }
    return own;
  }

  async function keepNotification(webhook: Webhook, detail: TransferEventDetail | BatchEventDetail): Promise<void> {
    const notification: KeptNotification = {
      v: 1,
      id: detail.id,
      sealed: await sealer().seal(webhook),
      body: webhookBody(detail, 'piecework'),
      ...('transferId' in detail && detail.status !== 'failed' ? { isLast: true as const } : {}),
      tries: 0,
      notBefore: detail.at,
    };
    await changeRecord(records(), KEPT.notification(detail.id), (there) => there ?? notification);
    wake.resolve();
  }

  /** What is kept now, and is not to be tried before a while. @returns when the next is due */
  async function deliverDue(signal: AbortSignal): Promise<number | undefined> {
    // A machine that never had a webhook has no such folder, and gets none.
    if (!existsSync(join(stateDir, KEPT.room))) return undefined;
    let next: number | undefined;
    for (const path of await pathsOfKept(records())) {
      signal.throwIfAborted();
      const due = await deliverOne({ ...parts, records: records(), sealer: sealer() }, path);
      if (due !== undefined) next = Math.min(next ?? due, due);
    }
    return next;
  }

  /** What stands in the way of all of them is said, and no reason to fail. */
  async function orWarn(deliverAll: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await deliverAll();
    } catch (thrown) {
      if (signal.aborted) return;
      const { message } = asPieceworkError(thrown);
      await events.emit({ type: 'warning', message: `notifications can't be delivered now: ${message}` });
    }
  }

  return {
    async keep(id, hooks) {
      const sealed = await sealer().seal(hooks);
      await changeRecord(records(), KEPT.hooks(id), () => ({ v: 1, sealed }));
    },

    async send(...[event, record]) {
      const webhook = await webhookOf(record);
      if (webhook === undefined) return;
      const now = clock.now();
      const detail =
        'batchId' in event
          ? batchDetailOf(event, now)
          : detailOf(event, describe(parts, record as TransferRecord), now);
      await keepNotification(webhook, detail);
    },

    async sendUnbegun({ transferId, source, webhook = usual, reason }) {
      if (webhook === undefined) return;
      const failed = { type: 'failed', transferId, run: 1, reason } as const;
      const detail = detailOf(failed, undefined, clock.now());
      await keepNotification(webhook, { ...detail, source: shownUrl(source) });
    },

    async deliver(patienceMs, signal) {
      const until = clock.now() + patienceMs;
      await orWarn(async () => {
        for (;;) {
          const next = await deliverDue(signal);
          if (next === undefined || next > until) return;
          await delay(Math.max(0, next - clock.now()), undefined, { signal });
        }
      }, signal);
    },

    async keepDelivering(signal) {
      while (!signal.aborted) {
        wake = Promise.withResolvers();
        let next: number | undefined;
        await orWarn(async () => {
          next = await deliverDue(signal);
        }, signal);
        const waitMs = Math.min(LOOK_EVERY_MS, Math.max(0, (next ?? Number.POSITIVE_INFINITY) - clock.now()));
        const woken = new AbortController();
        const timer = delay(waitMs, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {});
        await Promise.race([timer, wake.promise]);
        woken.abort();
      }
    },

    async forget(id) {
      if (existsSync(join(stateDir, 'hooks'))) await records().delete(KEPT.hooks(id));
    },
  };
}

function describe(parts: NotificationParts, record: TransferRecord) {
  const { run, request, owner } = record;
  const { labels } = request;
  return stated({ run, source: request.source.url, destination: parts.describe(record), owner, labels });
}
