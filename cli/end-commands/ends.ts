import type { Local, PieceworkEvent } from '../../lib/index.ts';
import { missing } from '../../lib/transfer/batch/outcome.ts';
import { stated } from '../../lib/values/stated.ts';
import { notThereText } from '../output/batch/not-there.ts';
import type { EndValues } from './variables.ts';
import { batchValues, recordValues } from './variables.ts';

/** What has ended in a server. */
export interface End {
  /** `transfer ID` or `batch ID`. */
  readonly of: string;
  /** All is there. */
  readonly isGood: boolean;
  /** `undefined`: a transfer that is an entry of a batch has no command of its own. */
  values(local: Local): Promise<EndValues | undefined>;
}

type BatchEnd = Extract<PieceworkEvent, { readonly type: 'batch.completed' | 'batch.failed' | 'batch.cancelled' }>;

/** `undefined`: the event tells no end. */
export function endOf(event: PieceworkEvent): End | undefined {
  switch (event.type) {
    case 'completed':
    case 'failed':
    case 'cancelled':
      return transferEnd(event.transferId, event.type === 'completed');
    case 'batch.completed':
    case 'batch.failed':
    case 'batch.cancelled':
      return batchEnd(event);
    default:
      return undefined;
  }
}

function transferEnd(transferId: string, isGood: boolean): End {
  return {
    of: `transfer ${transferId}`,
    isGood,
    async values(local) {
      const { record } = await local.status(transferId);
      return record.batch === undefined ? recordValues(record) : undefined;
    },
  };
}

function batchEnd({ type, batchId, entries, counters, report, reason }: BatchEnd): End {
  const left = missing(counters);
  const status = type === 'batch.completed' ? 'completed' : type === 'batch.cancelled' ? 'cancelled' : 'failed';
  const lacking = `${notThereText(left, entries, 'entries')}; piecework retry ${batchId} tries again`;
  const why = reason ?? (left === 0 ? undefined : { code: 'EntriesFailed' as const, message: lacking });
  return {
    of: `batch ${batchId}`,
    isGood: why === undefined,
    async values(local) {
      const { record } = await local.batchStatus(batchId);
      return batchValues(
        { batchId, status, entries, counters, ...stated({ report, reason: why }) },
        record.destination,
      );
    },
  };
}
