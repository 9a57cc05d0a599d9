import type { ErrorRecord } from '../../errors/error.ts';
import type { Usage } from '../../transfer/cost/usage.ts';
import { shownUsage } from '../../transfer/cost/usage.ts';
import type { Labels } from '../../transfer/labels.ts';
import type { BatchLifeEvent, PieceworkEvent } from '../../transfer/progress/events.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import type { DETAIL_TYPES } from './detail-types.ts';
import type { BatchEventDetail, TransferEventDetail } from './schema.ts';

/** What is to be said of a transfer besides what its event holds. */
export interface TransferDescription {
  readonly run: number;
  /** Redacted. */
  readonly source: string;
  readonly destination: string;
  readonly owner: string;
  readonly actedBy?: string;
  readonly labels?: Labels;
}

export type LifeEvent = Extract<PieceworkEvent, { readonly type: keyof typeof DETAIL_TYPES }>;

/** What others get of an event of a batch. */
export function batchDetailOf(event: BatchLifeEvent, at: Instant): BatchEventDetail {
  const { type, ...said } = event;
  const status = type.slice('batch.'.length) as BatchEventDetail['status'];
  const common = { v: 1, id: `${event.batchId}.${event.run}.${status}`, status, at: toIso(at) } as const;
  return 'reason' in said && said.reason !== undefined
    ? { ...said, ...common, reason: short(said.reason) }
    : { ...said, ...common };
}

/** What others get of an event of a transfer. */
export function detailOf(event: LifeEvent, known: TransferDescription | undefined, at: Instant): TransferEventDetail {
  const run = 'run' in event ? event.run : known?.run;
  const common = {
    v: 1 as const,
    id: [event.transferId, ...(run === undefined ? [] : [run]), event.type].join('.'),
    transferId: event.transferId,
    at: toIso(at),
    ...known,
    ...(run === undefined ? {} : { run }),
    ...('actedBy' in event && event.actedBy !== undefined ? { actedBy: event.actedBy } : {}),
  };
  switch (event.type) {
    case 'accepted':
      return { ...common, status: 'accepted', source: event.source, destination: event.destination };
    case 'retried':
      return { ...common, status: 'retried', source: event.source };
    case 'planned': {
      const { mode, ...numbers } = event.plan;
      return { ...common, status: 'planned', mode, ...numbers };
    }
    case 'completed':
      return { ...common, status: 'completed', ...event.result, ...usedOf(event) };
    case 'failed':
      return {
        ...common,
        status: 'failed',
        reason: short(event.reason),
        ...usedOf(event),
        ...(event.heldUntil === undefined ? {} : { heldUntil: event.heldUntil }),
      };
    case 'cancelled':
      return { ...common, status: 'cancelled', reason: short(event.reason), ...usedOf(event) };
  }
}

function usedOf({ used }: { readonly used?: Usage }): { readonly used?: Usage } {
  return used === undefined ? {} : { used: shownUsage(used) };
}

function short({ code, message }: ErrorRecord): { readonly code: string; readonly message: string } {
  return { code, message };
}
