import { PieceworkError } from '../../errors/error.ts';
import type { TransferRecord } from './record.ts';
import type { Transfer } from './states.ts';

/**
 * The same record, typed by its status: what every transition to that status has set is there for certain.
 * @throws PieceworkError `RecordCorrupt` when something else has written it, and it contradicts its status.
 */
export function narrow(record: TransferRecord): Transfer {
  const lacking = lacks(record);
  if (lacking === undefined) return record as Transfer;
  throw new PieceworkError(
    'RecordCorrupt',
    `the record of transfer ${record.id} contradicts itself: it is ${record.status} and has no ${lacking}; ` +
      'something other than Piecework has changed it, so start the transfer anew',
  );
}

/** What a record of this status must have, and this one has not. */
function lacks({ status, plan, planId, snapshot, upload, result, reason }: TransferRecord): string | undefined {
  switch (status) {
    case 'accepted':
    case 'planning':
      return undefined;
    case 'transferring':
      return first({ 'plan of pieces or of a stream': plan?.mode !== 'single' && plan, planId, snapshot, upload });
    case 'finalizing':
      return first({ plan, planId, snapshot, upload: plan?.mode === 'single' || upload });
    case 'completed':
      return first({ planId, result });
    case 'failed':
    case 'cancelled':
      return first({ reason });
    default:
      return 'status that is known';
  }
}

/** The first name whose value is missing. */
function first(needed: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(needed).find((name) => needed[name] === undefined || needed[name] === false);
}
