import { setTimeout as delay } from 'node:timers/promises';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PieceworkError } from '../../errors/error.ts';
import { serviceError } from '../../errors/service.ts';
import type { BatchLifeEvent, PieceworkEvent } from '../../transfer/progress/events.ts';
import { backoffMs } from '../../transfer/retry.ts';
import { printableJson } from '../../values/text/printable.ts';
import type { Instant } from '../../values/time.ts';
import type { Events } from '../events.ts';
import { BATCH_DETAIL_TYPES, DETAIL_TYPES } from './detail-types.ts';
import type { LifeEvent, TransferDescription } from './details.ts';
import { batchDetailOf, detailOf } from './details.ts';
import type { BatchEventDetail, TransferEventDetail } from './schema.ts';

export interface EventBridgeOptions {
  /** Closed by its maker. */
  readonly client: EventBridgeClient;
  /** Name or ARN. */
  readonly busName: string;
  /** What rules match on. @default 'piecework' */
  readonly source?: string;
  /** What is to be said of a transfer besides what its event holds. @default nothing */
  readonly describe?: (transferId: string) => Promise<TransferDescription | undefined>;
  /** Gets why an `Accepted`, `Retried` or `Planned` could not be sent. Must not throw. @default none */
  readonly onFailure?: (error: unknown) => void;
  /** @default Date.now */
  readonly now?: () => Instant;
  /** @default a timer */
  readonly sleep?: (ms: number) => Promise<void>;
}

const TRIES = 3;

const ENDS: ReadonlySet<string> = new Set<LifeEvent['type'] | BatchLifeEvent['type']>([
  'completed',
  'failed',
  'cancelled',
  'batch.completed',
  'batch.failed',
  'batch.cancelled',
]);

/**
 * The six events of a transfer's life, and the four of a batch's, on an EventBridge bus; nothing else, and never a
 * piece's. `emit` resolves when the bus has it, since what is still on its way when a function returns is frozen with
 * it. An end that can't be sent rejects, so that it is sent later: it is not yet recorded as announced (rule 17, at
 * least once). `Accepted`, `Retried` and `Planned` are not worth failing a transfer over.
 */
export function eventBridgeEvents(options: EventBridgeOptions): Events {
  const {
    client,
    busName,
    source = 'piecework',
    describe,
    onFailure = () => {},
    now = Date.now,
    sleep = delay,
  } = options;

  async function put(detail: TransferEventDetail | BatchEventDetail): Promise<void> {
    const entry = {
      EventBusName: busName,
      Source: source,
      DetailType: 'batchId' in detail ? BATCH_DETAIL_TYPES[detail.status] : DETAIL_TYPES[detail.status],
      Detail: printableJson(detail),
      Time: new Date(detail.at),
      Resources: [],
    };
    for (let tries = 1; ; tries += 1) {
      const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: [entry] }));
      const code = Entries[0]?.ErrorCode;
      if (code === undefined) return;
      if (tries === TRIES) throw refused(busName, code);
      await sleep(backoffMs(tries, detail.id));
    }
  }

  return {
    async emit(event) {
      if (!isLifeEvent(event) && !isBatchEvent(event)) return;
      try {
        if (isBatchEvent(event)) await put(batchDetailOf(event, now()));
        else await put(detailOf(event, await describe?.(event.transferId), now()));
      } catch (thrown) {
        const error = serviceError(thrown, { target: `the event bus ${busName}`, right: 'events:PutEvents' });
        if (ENDS.has(event.type)) throw error;
        onFailure(error);
      }
    },
  };
}

function isLifeEvent(event: PieceworkEvent): event is LifeEvent {
  return Object.hasOwn(DETAIL_TYPES, event.type);
}

function isBatchEvent(event: PieceworkEvent): event is BatchLifeEvent {
  return event.type.startsWith('batch.');
}

function refused(busName: string, code: string): PieceworkError {
  const target = `the event bus ${busName}`;
  return new PieceworkError('HomeUnavailable', `${target}: an event was not taken (${code})`, {
    details: { target, reason: code },
  });
}
