import type { ErrorRecord } from '../../errors/error.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import { lastSeen } from '../checks/stand-in.ts';
import type { TransferRecord } from './record.ts';
import type { Planning, Transferring } from './states.ts';

/*
 * The rungs on which a transfer is planned once more, and its upload stays in the record: the pieces in it are of the
 * version that was planned. The planner goes on with them, or gives them up once what takes their place is in hand
 * (protocol §4).
 */

/** From now on so many pieces at a time: the source bears no more connections. */
export function narrowed(record: Transferring, places: number, quietUntil: Instant): Planning {
  return { ...onRung(record, quietUntil), narrowedTo: places };
}

/** From now on one stream, all of it in one answer, since ranges contradicted each other or the plan. */
export function turnedIntoStream(record: Planning | Transferring, why: ErrorRecord, quietUntil: Instant): Planning {
  // The stream's own snapshot takes the place of this one.
  return { ...onRung(record, quietUntil), oneStream: why, ...stated({ versionBefore: lastSeen(record) }) };
}

function onRung(record: TransferRecord, quietUntil: Instant): Planning {
  const { planId: _, ...rest } = record;
  return {
    ...rest,
    status: 'planning',
    trouble: {},
    requeues: 0,
    planFailures: 0,
    quietUntil: toIso(quietUntil),
  };
}
