import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import { notSilent } from '../patience.ts';
import type { TransferRequest } from '../request.ts';
import { DEFAULT_OPTIONS } from '../request.ts';
import { newRecord, sealedRunOf } from './record.ts';
import type { Failed, Open, Over } from './states.ts';
import { failed } from './transitions.ts';

/** Runs, deadlines and the announced end. */

/** Stands in for the record that a submit never wrote (rule 16). */
export function tombstone(id: string, run: number, now: Instant): Failed {
  return unsubmitted(
    id,
    run,
    {
      code: 'SubmitAbandoned',
      message: 'the submit was cut off before the transfer was recorded; submit it again',
    },
    now,
  );
}

/** A transfer that never comes to be: its submit, if it is still on its way, finds that it has ended. */
export function unsubmitted(id: string, run: number, reason: ErrorRecord, now: Instant): Failed {
  const request = {
    source: { url: '', withheld: true },
    destination: { kind: 'stdout' },
    object: {},
    options: DEFAULT_OPTIONS,
  } as const;
  return failed({ ...newRecord(id, 'local', request, now), run, rev: 1, writeId: '' }, reason, now);
}

/**
 * Takes the number of a run that was cut off before its record: marker and sealed source of that run are the record's
 * own to clean up then, and the source goes by what is sealed already.
 */
export function takeRun(record: Failed, run: number): Failed {
  return { ...record, run, sealedRun: sealedRunOf(record) };
}

/** Gone on with by a process that is alone at work on it: time counts only while it runs. */
export function resumed<R extends Open>(record: R, request: TransferRequest, now: Instant): R {
  return { ...notSilent(record), request, deadlineAt: toIso(now + request.options.deadlineMs) };
}

/** The end was announced. What is completed or cancelled has no upload to go on with. */
export function announced<R extends Over>(record: R): R {
  const { upload, ...rest } = record;
  const keepsUpload = record.status === 'failed' && upload !== undefined;
  return { ...(keepsUpload ? record : rest), announced: true } as R;
}
