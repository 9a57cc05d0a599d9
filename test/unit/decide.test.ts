import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Input, Outcome } from '../../lib/transfer/decide/decision.ts';
import type { StreamPlan } from '../../lib/transfer/plan/plan.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { Status, TransferRecord, TransferResult } from '../../lib/transfer/record/record.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import { fromIso, toIso } from '../../lib/values/time.ts';
import {
  accepted,
  CANCELLED,
  facts,
  NOW,
  outcomeOf,
  POLICY,
  QUIET_MS,
  TICK,
  transferring,
} from '../support/a-transfer.ts';

const CANCEL: Input = { kind: 'cancel', reason: CANCELLED };
const RESULT: TransferResult = { sizeBytes: 100, version: 'validator', digests: {} };
const STREAM: StreamPlan = { mode: 'stream', pieceSizeBytes: 10 };

function decided(record: TransferRecord, inputs: readonly Input[], now = NOW): Outcome {
  return outcomeOf(decide(narrow(record), facts(), inputs, now, POLICY));
}

function kinds({ commands }: Outcome): readonly string[] {
  return commands.map(({ kind }) => kind);
}

function unplanned(code: ErrorCode, planId = 'plan1'): Input {
  return { kind: 'unplanned', planId, error: { code, message: code } };
}

function unfinished(code: ErrorCode, planId = 'plan1'): Input {
  return { kind: 'unfinished', planId, error: { code, message: code } };
}

function planning(over: Partial<TransferRecord> = {}, options: Partial<TransferOptions> = {}): TransferRecord {
  return { ...accepted(options), status: 'planning', planId: 'plan1', ...over };
}

function finalizing(over: Partial<TransferRecord> = {}, options: Partial<TransferOptions> = {}): TransferRecord {
  return transferring({ status: 'finalizing', cursor: 11, doneThrough: 10, ...over }, options);
}

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
    expect(decided(planning(), [unplanned('SourceChanged')]).record).toMatchObject({
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
            { kind: 'emit', event: { type: 'retrying', transferId: before.id, reason, delayMs } },
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
