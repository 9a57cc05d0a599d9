import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import type { Input } from '../../lib/transfer/decide/decision.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { retried } from '../../lib/transfer/record/transitions.ts';
import { fromIso } from '../../lib/values/time.ts';
import { failedWith, ledger, NOW, transferring } from '../support/a-transfer.ts';
import { decided, kinds } from '../support/decisions.ts';

const USED_UP = (code: ErrorCode) => ({ '2': { attempt: 5, failures: 4, waits: 0, code } });
const WHY = { code: 'RangeMismatch', message: 'another range' } as const;
const turnedAway = (code: ErrorCode): Input => ({
  kind: 'unplanned',
  planId: 'plan1',
  error: { code, message: code, details: { sourceStatus: 403 } },
});
/** On its way to its next plan, which is turned away. */
const planning = (over: Partial<TransferRecord>, options = {}): TransferRecord =>
  transferring({ ...over, status: 'planning' }, options);

describe('ranges that contradict each other or the plan', () => {
  it.each(['RangeMismatch', 'BodyLong', 'BodyShort', 'SourceRangeRefused'] as const)(
    'become one stream once the budget of a piece is used up by %s, and what came stays until then',
    (code) => {
      const record = transferring({ trouble: USED_UP(code) });
      const decision = decided(record, { ledger: ledger(1) }, [failedWith(code, 2, { attempt: 5 })]);
      expect(decision.record).toMatchObject({
        status: 'planning',
        oneStream: { code },
        upload: { id: 'upload1' },
        plan: { mode: 'pieces' },
        planFailures: 0,
        trouble: {},
        toAbort: [],
      });
      expect(decision.record).not.toHaveProperty('planId');
      expect(kinds(decision)).toEqual(['emit', 'emit', 'sendPlan', 'settle']);
    },
  );

  it('are asked for again before', () => {
    const { record } = decided(transferring(), {}, [failedWith('SourceRangeRefused', 2)]);
    expect(record).toMatchObject({ status: 'transferring', trouble: { '2': { failures: 1 } } });
  });

  it.each(['SourceReset', 'SourceServerError', 'SourceStalled'] as const)(
    'what may be the network (%s) ends the transfer, whose pieces are kept',
    (code) => {
      const record = transferring({ trouble: USED_UP(code) });
      expect(decided(record, {}, [failedWith(code, 2, { attempt: 5 })]).record).toMatchObject({
        status: 'failed',
        upload: { id: 'upload1' },
      });
    },
  );
});

describe('a server that turns more connections away', () => {
  it.each<readonly [number, number | undefined, number]>([
    [16, undefined, 4],
    [8, undefined, 2],
    [3, undefined, 1],
    [8, 2, 1],
  ])('of %d, now %s: so many at a time from then on: %d', (parallelism, narrowedTo, to) => {
    const record = transferring(narrowedTo === undefined ? {} : { narrowedTo }, { parallelism });
    const decision = decided(record, {}, [failedWith('UnexpectedType', 2)]);
    expect(decision.record).toMatchObject({ status: 'planning', narrowedTo: to, upload: { id: 'upload1' } });
    expect(decision.record).not.toHaveProperty('oneStream');
    const [, planned] = decision.commands;
    if (planned?.kind !== 'sendPlan') throw new Error('no plan is sent');
    expect(planned.delayMs).toBeGreaterThan(0);
    expect(fromIso(decision.record.quietUntil)).toBeGreaterThan(NOW + planned.delayMs);
  });

  it('is asked for one stream after that', () => {
    const { record } = decided(transferring({ narrowedTo: 1 }), {}, [failedWith('UnexpectedType', 2)]);
    expect(record).toMatchObject({ status: 'planning', narrowedTo: 1, oneStream: { code: 'UnexpectedType' } });
  });

  it('may still be busy with the last pieces: planning waits, then becomes one stream, then ends', () => {
    const first = decided(planning({ narrowedTo: 2 }), {}, [turnedAway('UnexpectedType')]);
    expect(first.record).toMatchObject({ status: 'planning', planFailures: 1 });
    const second = decided(planning({ narrowedTo: 2, planFailures: 1 }), {}, [turnedAway('UnexpectedType')]);
    expect(second.record).toMatchObject({ status: 'planning', oneStream: { code: 'UnexpectedType' }, planFailures: 0 });
    const waits = decided(planning({ oneStream: WHY, planFailures: 3 }), {}, [turnedAway('UnexpectedType')]);
    expect(waits.record).toMatchObject({ status: 'planning', planFailures: 4 });
    const last = decided(planning({ oneStream: WHY, planFailures: 4 }), {}, [turnedAway('UnexpectedType')]);
    expect(last.record).toMatchObject({ status: 'failed', upload: { id: 'upload1' } });
  });

  it('that denies access to the only request ends it soon, and the pieces are kept', () => {
    const record = planning({ narrowedTo: 1, planFailures: 1 });
    expect(decided(record, {}, [turnedAway('SourceForbidden')]).record).toMatchObject({
      status: 'failed',
      reason: { code: 'SourceForbidden' },
      upload: { id: 'upload1' },
    });
  });

  it('is none where a store denies a right', () => {
    const denied = failedWith('SourceForbidden', 2, {}, { sourceStatus: 403, storeError: 'AccessDenied' });
    expect(decided(transferring(), {}, [denied]).record.status).toBe('failed');
    const refused = failedWith('SourceForbidden', 2, {}, { sourceStatus: 403 });
    expect(decided(transferring(), {}, [refused]).record).toMatchObject({ status: 'planning', narrowedTo: 2 });
  });

  it('at the first look is believed at once', () => {
    expect(decided(planning({}), {}, [turnedAway('UnexpectedType')]).record.status).toBe('failed');
  });
});

it('a next run begins at the top of the ladder', () => {
  const { record } = decided(transferring({ narrowedTo: 1, oneStream: WHY }), {}, [failedWith('SourceNotFound', 2)]);
  if (record.status !== 'failed') throw new Error('it did not fail');
  for (const field of ['narrowedTo', 'oneStream', 'versionBefore'])
    expect(retried(record, NOW)).not.toHaveProperty(field);
});
