import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import type { Input } from '../../lib/transfer/decide/decision.ts';
import type { Status, TransferRecord } from '../../lib/transfer/record/record.ts';
import type { LeavingFinalizing } from '../../lib/transfer/record/states.ts';
import { ended } from '../../lib/transfer/record/transitions.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import { fromIso, toIso } from '../../lib/values/time.ts';
import { accepted, CANCELLED, NOW, QUIET_MS, TICK, transferring } from '../support/a-transfer.ts';
import { kinds } from '../support/decisions.ts';
import {
  CANCEL,
  decided,
  finalizing,
  planning,
  RESULT,
  unfinished,
  unplanned,
} from '../support/decisions-by-status.ts';

describe('rule 10: nothing but completion and ending leaves finalizing', () => {
  it.each<readonly [string, readonly Input[]]>([
    ['a cancel', [CANCEL]],
    ['a tick past the deadline', [TICK]],
    ['an error', [unfinished('DestinationDenied')]],
    ['a failure of planning', [unplanned('SourceNotFound')]],
    ['nothing', []],
  ])('%s does not change the status', (_, inputs) => {
    expect(decided(finalizing({ deadlineAt: toIso(NOW) }), inputs).record.status).toBe('finalizing');
  });

  it('a completion does', () => {
    expect(decided(finalizing(), [{ kind: 'finished', planId: 'plan1', result: RESULT }]).record).toMatchObject({
      status: 'completed',
      result: RESULT,
    });
  });

  it('a completion wins against a cancel, in one batch and after an ending was begun', () => {
    const finished: Input = { kind: 'finished', planId: 'plan1', result: RESULT };
    expect(decided(finalizing(), [CANCEL, finished]).record.status).toBe('completed');
    const ending = decided(finalizing(), [CANCEL]).record;
    expect(ending.ending).toMatchObject({ to: 'cancelled' });
    const { record } = decided(ending, [finished]);
    expect(record.status).toBe('completed');
    expect(record.ending).toBeUndefined();
  });

  it('a completion of an older plan is none of ours', () => {
    const record = finalizing();
    expect(decided(record, [{ kind: 'finished', planId: 'plan0', result: RESULT }])).toEqual({ record, commands: [] });
  });
});

describe('what is tried again', () => {
  const ways: readonly (readonly [string, (step: number) => TransferRecord, Input, string])[] = [
    [
      'planning',
      (step) => planning({ planFailures: step }, { maxFailures: 100 }),
      unplanned('SourceReset'),
      'sendPlan',
    ],
    ['planning that was asked to wait', (step) => planning({ requeues: step }), unplanned('SourceBusy'), 'sendPlan'],
    ['completion', (step) => finalizing({ requeues: step }), unfinished('DestinationServerError'), 'sendFinish'],
  ];

  it.each(ways)(
    '%s: waits twice as long each time, tells so, and is quiet until it may have come',
    (_, at, input, command) => {
      for (const [step, boundMs] of [500, 1_000, 2_000, 4_000].entries()) {
        const delays = Array.from({ length: 60 }, (__, index) => {
          const before = { ...at(step), id: `01TRANSFER${index}` };
          const { record, commands } = decided(before, [input]);
          const delayMs = fromIso(record.quietUntil) - NOW - QUIET_MS;
          const reason = 'error' in input ? input.error : undefined;
          expect(commands).toEqual([
            // Of a planning it says more: test/unit/decide-planning.test.ts.
            {
              kind: 'emit',
              event: expect.objectContaining({ type: 'retrying', transferId: before.id, reason, delayMs }),
            },
            { kind: command, delayMs },
          ]);
          expect(record.requeues).toBe(before.requeues + 1);
          return delayMs;
        });
        expect(Math.max(...delays)).toBeLessThanOrEqual(boundMs);
        expect(Math.max(...delays)).toBeGreaterThan(boundMs / 2);
      }
    },
  );
});

describe('an unsuccessful completion (protocol §5)', () => {
  it.each<readonly [ErrorCode, string]>([
    ['DestinationExists', 'failed'],
    ['UploadLost', 'failed'],
    ['DestinationDenied', 'failed'],
    ['ChecksumMismatch', 'failed'],
    ['DigestMismatch', 'failed'],
    ['DestinationConflict', 'restart'],
    ['PutLost', 'restart'],
  ])('%s → ending: %s', (code, to) => {
    const decision = decided(finalizing(), [unfinished(code)]);
    expect(decision.record).toMatchObject({ id: '01TRANSFER', status: 'finalizing', ending: { to, reason: { code } } });
    expect(decision.commands).toEqual([{ kind: 'settle' }]);
  });

  it('of an older plan says nothing', () => {
    const record = finalizing();
    expect(decided(record, [unfinished('UploadLost', 'plan0')])).toEqual({ record, commands: [] });
  });

  it('starts over for a changed source, and for no other reason, where that was asked for', () => {
    const record = finalizing({}, { onSourceChange: 'restart' });
    expect(decided(record, [unfinished('DestinationDenied')]).record.ending?.to).toBe('failed');
  });

  it('a copy that can’t be relied on starts over once, to be fetched, and only where it need not be one', () => {
    const decision = decided(finalizing(), [unfinished('ServerSideCopyRefused')]);
    expect(decision.record).toMatchObject({
      status: 'finalizing',
      copyRefused: 'ServerSideCopyRefused',
      restarts: 0,
      ending: { to: 'restart', reason: { code: 'ServerSideCopyRefused' } },
    });
    expect(decision.commands).toEqual([{ kind: 'settle' }]);
    const { ending: _, ...again } = decision.record;
    for (const record of [again, finalizing({}, { serverSideCopy: 'always' })])
      expect(decided(record, [unfinished('ServerSideCopyRefused')]).record.ending?.to).toBe('failed');
  });

  it.each<readonly [TransferOptions['onSourceChange'], number, string]>([
    ['fail', 0, 'failed'],
    ['restart', 0, 'restart'],
    ['restart', 1, 'failed'],
  ])(
    'a source that changed before the end, with onSourceChange: %s after %d restarts → %s',
    (onSourceChange, restarts, to) => {
      const decision = decided(finalizing({ restarts }, { onSourceChange }), [unfinished('SourceChanged')]);
      expect(decision.record.ending).toMatchObject({ to, reason: { code: 'SourceChanged' } });
      expect(decision.record.restarts).toBe(to === 'restart' ? 1 : restarts);
      expect(decision.commands).toEqual([{ kind: 'settle' }]);
    },
  );

  it('a second 409 fails', () => {
    expect(decided(finalizing({ restarts: 1 }), [unfinished('DestinationConflict')]).record.ending?.to).toBe('failed');
  });

  it.each<ErrorCode>(['DestinationUnreachable', 'DestinationServerError', 'DestinationBusy'])(
    '%s is tried again after a wait',
    (code) => {
      const decision = decided(finalizing(), [unfinished(code)]);
      expect(decision.record.ending).toBeUndefined();
      expect(kinds(decision)).toEqual(['emit', 'sendFinish']);
      expect(fromIso(decision.record.quietUntil)).toBeGreaterThan(NOW + QUIET_MS);
    },
  );

  it('a store that asks for patience uses up none of the budget', () => {
    const { record } = decided(finalizing({ planFailures: 4 }), [unfinished('DestinationBusy')]);
    expect(record.ending).toBeUndefined();
    expect(record.planFailures).toBe(4);
  });

  it('but not for ever, and not past the deadline', () => {
    expect(decided(finalizing({ planFailures: 4 }), [unfinished('DestinationServerError')]).record.ending?.to).toBe(
      'failed',
    );
    expect(decided(finalizing({ deadlineAt: toIso(NOW) }), [unfinished('DestinationBusy')]).record.ending?.to).toBe(
      'failed',
    );
  });

  it('a tick sends the finish task again', () => {
    expect(kinds(decided(finalizing({ quietUntil: toIso(NOW) }), [TICK]))).toEqual(['sendFinish']);
  });

  it('a tick at the deadline begins the ending, whatever else comes with it; nothing else does', () => {
    const record = finalizing({ deadlineAt: toIso(NOW) });
    expect(decided(record, [unplanned('SourceReset')])).toEqual({ record, commands: [] });
    expect(decided(record, [unplanned('SourceReset'), TICK]).record.ending).toMatchObject({
      to: 'failed',
      reason: { code: 'DeadlineExceeded' },
    });
    expect(decided(record, [TICK], NOW - 1).record.ending).toBeUndefined();
  });

  it('an ending that is under way is only carried on', () => {
    const record = decided(finalizing(), [unfinished('UploadLost')]).record;
    expect(decided(record, [TICK, unfinished('DestinationConflict'), CANCEL])).toEqual({
      record,
      commands: [{ kind: 'settle' }],
    });
  });
});

describe('a cancel', () => {
  it.each<Status>(['accepted', 'planning'])('ends %s at once', (status) => {
    const decision = decided({ ...accepted(), status }, [CANCEL]);
    expect(decision.record).toMatchObject({ status: 'cancelled', reason: CANCELLED });
    expect(decision.commands).toEqual([{ kind: 'settle' }]);
  });
});

describe('who asked for a cancel', () => {
  const byBen = { ...CANCEL, actedBy: 'ben' } as const;

  it('stands in the record once it is cancelled, and goes before who asked for the run', () => {
    expect(decided({ ...accepted(), actedBy: 'ann' }, [byBen]).record).toMatchObject({ actedBy: 'ben' });
    expect(decided({ ...accepted(), actedBy: 'ann' }, [CANCEL]).record).toMatchObject({ actedBy: 'ann' });
    expect(decided(accepted(), [CANCEL]).record).not.toHaveProperty('actedBy');
  });

  it('is kept with the ending, and forgotten when the completion wins', () => {
    const { record } = decided(finalizing(), [byBen]);
    expect(record).toMatchObject({ status: 'finalizing', ending: { to: 'cancelled', actedBy: 'ben' } });
    expect(record).not.toHaveProperty('actedBy');
    const completed = decided(record, [{ kind: 'finished', planId: 'plan1', result: RESULT }]).record;
    expect(completed).toMatchObject({ status: 'completed' });
    expect(JSON.stringify(completed)).not.toContain('ben');
    expect(ended(record as LeavingFinalizing, NOW)).toMatchObject({ status: 'cancelled', actedBy: 'ben' });
  });
});

describe('what is over', () => {
  it.each<Status>(['completed', 'failed', 'cancelled'])('%s: nothing changes it, and a tick cleans up', (status) => {
    const end = status === 'completed' ? { result: RESULT } : { reason: CANCELLED };
    const record = transferring({ status, ...end, deadlineAt: toIso(NOW - 1) });
    expect(decided(record, [CANCEL, unplanned('SourceNotFound'), unfinished('UploadLost')])).toEqual({
      record,
      commands: [],
    });
    expect(decided(record, [TICK])).toEqual({ record, commands: [{ kind: 'settle' }] });
    expect(decided(record, [CANCEL, TICK])).toEqual({ record, commands: [{ kind: 'settle' }] });
  });
});
