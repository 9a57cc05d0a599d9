import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Input } from '../../lib/transfer/decide/decision.ts';
import type { PiecesPlan, StreamPlan } from '../../lib/transfer/plan/plan.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import type { Planning } from '../../lib/transfer/record/states.ts';
import type { Adoption } from '../../lib/transfer/record/transitions.ts';
import { adoptPlan } from '../../lib/transfer/record/transitions.ts';
import { fromIso, toIso } from '../../lib/values/time.ts';
import { accepted, facts, NOW, outcomeOf, POLICY, QUIET_MS, TICK, transferring } from '../support/a-transfer.ts';
import { kinds } from '../support/decisions.ts';
import { decided, planning, RESULT, STREAM, unfinished, unplanned } from '../support/decisions-by-status.ts';

describe('accepted and planning', () => {
  it('a tick sends the plan task again, at doubling intervals', () => {
    const decision = decided(accepted(), [TICK]);
    expect(decision.commands).toEqual([{ kind: 'sendPlan', delayMs: 0 }]);
    expect(decision.record).toMatchObject({ requeues: 1, quietUntil: toIso(NOW + 2 * QUIET_MS) });
    expect(decided(decision.record, [TICK], NOW + QUIET_MS)).toEqual({ record: decision.record, commands: [] });
  });

  it('what is not a tick changes nothing', () => {
    const record = accepted();
    expect(decided(record, [])).toEqual({ record, commands: [] });
  });

  it('a failure that may pass plans again after a wait', () => {
    const decision = decided(planning(), [unplanned('SourceReset')]);
    expect(decision.record).toMatchObject({ status: 'planning', planFailures: 1 });
    expect(kinds(decision)).toEqual(['emit', 'sendPlan']);
  });

  it('says why it waits, since when, and when it tries again, until it is planned', () => {
    const first = decided(planning(), [unplanned('SourceBusy')]);
    const { waiting } = first.record;
    expect(waiting).toEqual({
      reason: expect.objectContaining({ code: 'SourceBusy' }),
      since: toIso(NOW),
      nextTryAt: expect.any(String),
      tries: 1,
    });
    const delayMs = fromIso(waiting?.nextTryAt ?? '') - NOW;
    expect(first.commands).toContainEqual({ kind: 'sendPlan', delayMs });
    expect(first.commands[0]).toMatchObject({ event: { type: 'retrying', since: toIso(NOW), tries: 1, delayMs } });
    const second = decided(first.record, [unplanned('SourceRefused')], NOW + 5_000);
    expect(second.record.waiting).toMatchObject({ reason: { code: 'SourceRefused' }, since: toIso(NOW), tries: 2 });
    const { plan, snapshot, upload } = transferring();
    const adoption = { planId: 'p', doneThrough: 0, quietUntil: NOW, plan, snapshot, upload };
    expect(adoptPlan(second.record as Planning, adoption as Adoption<PiecesPlan>).waiting).toBeUndefined();
  });

  it('waits as long in an outage as a piece does, but not where nobody was ever met', () => {
    const longestMs = (record: TransferRecord, code: ErrorCode) =>
      Math.max(
        ...Array.from({ length: 60 }, (_, index) => {
          const after = decided({ ...record, id: `01TRANSFER${index}` }, [unplanned(code)]).record;
          return fromIso(after.quietUntil) - NOW - QUIET_MS;
        }),
      );
    const firstLook = planning();
    expect(longestMs(firstLook, 'SourceReset')).toBeLessThanOrEqual(500);
    expect(longestMs(firstLook, 'SourceNotResolved')).toBeLessThanOrEqual(500);
    expect(longestMs(firstLook, 'DestinationUnreachable')).toBeLessThanOrEqual(500);
    for (const [record, code] of [
      [firstLook, 'SourceRefused'],
      [transferring({ plan: STREAM, cursor: 1 }), 'SourceRefused'],
      [transferring({ plan: STREAM, cursor: 1 }), 'SourceNotResolved'],
    ] as const) {
      expect(longestMs(record, code)).toBeGreaterThan(8_000);
    }
  });

  it('the budget of planning is that of a piece', () => {
    expect(decided(planning({ planFailures: 4 }), [unplanned('SourceReset')]).record).toMatchObject({
      status: 'failed',
      planFailures: 5,
    });
  });

  it('waiting uses up nothing of it', () => {
    expect(decided(planning({ planFailures: 4 }), [unplanned('SourceBusy')]).record).toMatchObject({
      status: 'planning',
      planFailures: 4,
    });
  });

  it('a failure that can not pass ends the transfer', () => {
    expect(decided(planning(), [unplanned('SourceNotFound')]).record).toMatchObject({
      status: 'failed',
      reason: { code: 'SourceNotFound' },
    });
  });

  it('a store that refuses to copy is planned once more, unless it must copy or refused before', () => {
    expect(decided(planning(), [unplanned('ServerSideCopyRefused')]).record).toMatchObject({
      status: 'planning',
      copyRefused: 'ServerSideCopyRefused',
    });
    for (const record of [planning({}, { serverSideCopy: 'always' }), planning({ copyRefused: 'no' })])
      expect(decided(record, [unplanned('ServerSideCopyRefused')]).record.status).toBe('failed');
  });

  it('a failure of an older plan says nothing, nor does one of an earlier run', () => {
    const record = planning();
    expect(decided(record, [unplanned('SourceNotFound', 'plan0')])).toEqual({ record, commands: [] });
    const again = planning({ status: 'accepted' });
    expect(decided(again, [unplanned('SourceNotFound')])).toEqual({ record: again, commands: [] });
  });

  it('a source that changed while it was looked at ends the transfer, or starts it over where that was asked for', () => {
    expect(decided(planning({}, { onSourceChange: 'fail' }), [unplanned('SourceChanged')]).record).toMatchObject({
      status: 'failed',
      reason: { code: 'SourceChanged' },
    });
    const again = decided(planning({}, { onSourceChange: 'restart' }), [unplanned('SourceChanged')]);
    expect(again.record).toMatchObject({ status: 'planning', restarts: 1 });
    expect(again.commands).toContainEqual({
      kind: 'emit',
      event: {
        type: 'restarted',
        transferId: '01TRANSFER',
        reason: { code: 'SourceChanged', message: 'SourceChanged' },
      },
    });
  });

  it('a source without ranges after all is planned once more, as a stream', () => {
    expect(decided(planning(), [unplanned('RangesNotHonoured')]).record).toMatchObject({
      status: 'planning',
      withoutRanges: true,
    });
  });

  it('a tick of somebody who knows that nobody is at work does not wait', () => {
    const record = planning({ quietUntil: toIso(NOW + QUIET_MS) });
    expect(decided(record, [TICK])).toEqual({ record, commands: [] });
    expect(kinds(decided(record, [{ kind: 'tick', now: true }]))).toEqual(['sendPlan']);
  });

  it('ends at its deadline', () => {
    expect(decided(planning({ deadlineAt: toIso(NOW) }), [TICK]).record).toMatchObject({
      status: 'failed',
      reason: { code: 'DeadlineExceeded' },
    });
  });

  it.each<readonly [string, Partial<TransferRecord>]>([
    ['intents whose Create was answered to nobody', { creating: [{ planId: 'plan0', at: toIso(NOW) }] }],
    ['uploads of an earlier plan', { toAbort: [{ upload: { id: 'upload0', token: 't' } }] }],
  ])('looks after %s', (_, left) => {
    const record = planning({ ...left, quietUntil: toIso(NOW + 1) });
    expect(decided(record, [TICK])).toEqual({ record, commands: [{ kind: 'settle' }] });
  });
});

describe('a stream', () => {
  const streaming = (over: Partial<TransferRecord> = {}) => transferring({ plan: STREAM, cursor: 1, ...over });

  it('finalizes when it came to its end, with the plan as it then is', () => {
    const plan: StreamPlan = { ...STREAM, sizeBytes: 25, pieceCount: 3 };
    const decision = decided(streaming(), [{ kind: 'streamed', planId: 'plan1', plan, proved: { md5: 'x' } }]);
    expect(decision.record).toMatchObject({
      status: 'finalizing',
      plan,
      proved: { md5: 'x' },
      quietUntil: toIso(NOW + QUIET_MS),
    });
    expect(decision.commands).toEqual([
      { kind: 'emit', event: { type: 'finalizing', transferId: '01TRANSFER' } },
      { kind: 'sendFinish', delayMs: 0 },
    ]);
  });

  it('of a worker that was replaced says nothing', () => {
    const record = streaming();
    const late: Input = {
      kind: 'streamed',
      planId: 'plan0',
      plan: { ...STREAM, sizeBytes: 25, pieceCount: 3 },
      proved: {},
    };
    expect(decided(record, [late])).toEqual({ record, commands: [] });
  });

  it('is taken over by another worker when nothing landed for the quiet time', () => {
    expect(kinds(decided(streaming({ quietUntil: toIso(NOW) }), [TICK]))).toEqual(['sendPlan']);
  });

  it('is judged by its ledger, which is read first, but for whoever knows that nobody is at work', () => {
    const record = streaming({ quietUntil: toIso(NOW) });
    const decidedOn = (...inputs: readonly Input[]) =>
      decide(narrow(record), facts({ ledger: 'unread' }), inputs, NOW, POLICY);
    expect(decidedOn(TICK)).toEqual({ ask: 'ledger' });
    expect(kinds(outcomeOf(decidedOn({ kind: 'tick', now: true })))).toEqual(['sendPlan']);
  });

  it('takes nothing for a tick that is none, and no word of another plan or state for its own', () => {
    const record = streaming({ quietUntil: toIso(NOW) });
    const inputs = [
      unplanned('SourceNotFound', 'plan0'),
      unfinished('UploadLost'),
      { kind: 'finished', planId: 'plan1', result: RESULT },
    ] as const;
    for (const ledger of ['unread', 'gone'] as const)
      expect(decide(narrow(record), facts({ ledger }), inputs, NOW, POLICY)).toEqual({ record, commands: [] });
  });

  it('ends at its deadline, unless it came to its end', () => {
    const late = streaming({ deadlineAt: toIso(NOW) });
    expect(decided(late, [], NOW - 1)).toEqual({ record: late, commands: [] });
    expect(decided(late, [TICK]).record).toMatchObject({ status: 'failed', reason: { code: 'DeadlineExceeded' } });
    const plan: StreamPlan = { ...STREAM, sizeBytes: 25, pieceCount: 3 };
    expect(decided(late, [{ kind: 'streamed', planId: 'plan1', plan, proved: {} }]).record.status).toBe('finalizing');
  });

  it('is given up when it fails: nobody can go on with half of it', () => {
    const { record } = decided(streaming(), [unplanned('SourceNotFound')]);
    expect(record).toMatchObject({ status: 'failed', toAbort: [{ upload: { id: 'upload1' } }] });
    expect(record).not.toHaveProperty('heldUntil');
  });

  it('is left alone while its parts land', () => {
    const record = streaming({ quietUntil: toIso(NOW) });
    const known = facts({ ledger: { doneThrough: 3, done: new Set(), newestPartAt: toIso(NOW - QUIET_MS + 1) } });
    expect(decide(narrow(record), known, [TICK], NOW, POLICY)).toEqual({ record, commands: [] });
  });

  it('that broke off begins again from scratch', () => {
    expect(kinds(decided(streaming(), [unplanned('SourceReset')]))).toEqual(['emit', 'sendPlan']);
  });
});
