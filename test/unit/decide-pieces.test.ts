import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Facts, Input, Outcome } from '../../lib/transfer/decide/decision.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { adoptPlan } from '../../lib/transfer/record/transitions.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import { fromIso, toIso } from '../../lib/values/time.ts';
import {
  dead,
  done,
  facts,
  failedWith,
  ledger,
  NOW,
  outcomeOf,
  POLICY,
  QUIET_MS,
  SNAPSHOT,
  TICK,
  transferring,
} from '../support/a-transfer.ts';

function decided(record: TransferRecord, known: Partial<Facts>, inputs: readonly Input[], now = NOW): Outcome {
  return outcomeOf(decide(record, facts(known), inputs, now, POLICY));
}

/** `number.attempt` of every piece that is sent, in order. */
function sent({ commands }: Outcome): readonly string[] {
  return commands.flatMap((command) =>
    command.kind === 'sendPieces' ? command.tasks.map(({ task }) => `${task.pieceNumber}.${task.attempt}`) : [],
  );
}

function kinds({ commands }: Outcome): readonly string[] {
  return commands.map(({ kind }) => kind);
}

describe('the facts that a decision about pieces asks for', () => {
  const asksForLedger = (record: TransferRecord, inputs: readonly Input[], places = 4) =>
    expect(decide(record, facts({ ledger: 'unread', places }), inputs, NOW, POLICY)).toEqual({ ask: 'ledger' });

  it('needs no ledger to give the places of what came to the next pieces', () => {
    const first = decided(transferring(), { ledger: 'unread' }, [done(2)]);
    expect(sent(first)).toEqual(['5.1']);
    expect(first.record).toMatchObject({ cursor: 6, doneThrough: 0, reported: [[2, 2]] });
    const second = decided(first.record, { ledger: 'unread' }, [done(1), done(5)]);
    expect(sent(second)).toEqual(['6.1', '7.1']);
    const reported = [
      [1, 2],
      [5, 5],
    ];
    expect(second.record).toMatchObject({ cursor: 8, doneThrough: 0, reported });
  });

  it('knows from the ledger, once it was read, what is not to be fetched again', () => {
    const { record } = decided(transferring(), { ledger: ledger(1, 3, 6) }, [TICK]);
    expect(record).toMatchObject({
      cursor: 8,
      doneThrough: 1,
      reported: [
        [3, 3],
        [6, 6],
      ],
    });
    expect(sent(decided(record, { ledger: 'unread' }, [done(2)]))).toEqual(['8.1']);
  });

  it.each([
    ['a failure', [done(1), failedWith('SourceReset', 2)]],
    ['a dead letter', [done(1), dead(2)]],
    ['a tick', [done(1), TICK]],
    ['only duplicates of what it knows', [done(1)]],
    ['only results of another plan', [{ ...done(2), planId: 'plan0' }]],
  ])('reads it for %s', (_, inputs) => {
    asksForLedger(transferring({ reported: [[1, 1]], cursor: 6 }), inputs);
  });

  it('reads it at the end, and before anything is taken for the end', () => {
    asksForLedger(transferring({ cursor: 11, reported: [[1, 9]] }), [done(10)]);
    asksForLedger(transferring({ cursor: 5, reported: [[5, 10]] }), [done(1), done(2), done(3), done(4)]);
  });

  it('reads it where fewer places are free than pieces came: something landed that nobody reported', () => {
    asksForLedger(transferring({ cursor: 7 }), [done(1), done(2), done(3)]);
    asksForLedger(transferring(), [done(1)], 3);
  });

  it('forgets what was reported of an earlier plan', () => {
    const { reported } = adoptPlan(transferring({ reported: [[1, 3]] }), {
      plan: { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 },
      planId: 'plan2',
      snapshot: SNAPSHOT,
      upload: { id: 'upload2', token: 'token' },
      doneThrough: 0,
      quietUntil: NOW,
    });
    expect(reported).toBeUndefined();
  });
});

describe('rule 3: places come from the ledger', () => {
  it('gives a place for each piece that the ledger has', () => {
    expect(sent(decided(transferring(), { ledger: ledger(2) }, [done(1)]))).toEqual(['5.1', '6.1']);
  });

  it('gives none for results: ten duplicates change nothing', () => {
    const record = transferring();
    const decision = decided(
      record,
      {},
      Array.from({ length: 10 }, () => done(1)),
    );
    expect(decision).toEqual({ record, commands: [] });
  });

  it('skips pieces that an earlier run brought', () => {
    const decision = decided(transferring(), { ledger: ledger(1, 5, 6) }, [done(1)]);
    expect(sent(decision)).toEqual(['7.1']);
    expect(decision.record.cursor).toBe(8);
  });

  it('takes no place back when there are fewer of them now', () => {
    expect(sent(decided(transferring(), { ledger: ledger(1), places: 2 }, [done(1)]))).toEqual([]);
  });

  it('never sends beyond the plan', () => {
    const decision = decided(transferring({ cursor: 9 }), { ledger: ledger(8), places: 100 }, [done(8)]);
    expect(sent(decision)).toEqual(['9.1', '10.1']);
    expect(decision.record.cursor).toBe(11);
  });

  it('moves past what is done only together with a piece that is sent: that alone is no reason to write', () => {
    const record = transferring();
    expect(decided(record, { ledger: ledger(0, 5, 6) }, [done(5)])).toEqual({ record, commands: [] });
    expect(decided(record, { ledger: ledger(1, 5, 6) }, [done(1)]).record.cursor).toBe(8);
  });

  it('sends nothing without a place, and does not take that for the end', () => {
    for (const [cursor, known] of [
      [5, ledger(4)],
      [10, ledger(9)],
    ] as const) {
      const record = transferring({ cursor });
      expect(decided(record, { ledger: known, places: 0 }, [done(4)])).toEqual({ record, commands: [] });
    }
    const passed = decided(transferring(), { ledger: ledger(4, 5), places: 0 }, [done(5)]);
    expect(passed.record.status).toBe('transferring');
    expect(passed.commands).toEqual([]);
  });

  it('sends the last piece before it takes the ledger for complete', () => {
    const decision = decided(transferring({ cursor: 10 }), { ledger: ledger(9) }, [done(9)]);
    expect(decision.record.status).toBe('transferring');
    expect(sent(decision)).toEqual(['10.1']);
  });

  it('delays new pieces while the host is closed', () => {
    const decision = decided(transferring(), { ledger: ledger(1), hostClosedUntil: NOW + 5000 }, [done(1)]);
    expect(decision.commands).toEqual([
      expect.objectContaining({ kind: 'sendPieces', tasks: [expect.objectContaining({ delayMs: 5000 })] }),
    ]);
  });
});

describe('rule 4: a failure counts once', () => {
  it('answers it with the next attempt, after a wait', () => {
    const decision = decided(transferring(), {}, [failedWith('SourceReset', 2)]);
    expect(sent(decision)).toEqual(['2.2']);
    expect(decision.record.trouble['2']).toMatchObject({ attempt: 2, failures: 1, waits: 0, code: 'SourceReset' });
    expect(fromIso(decision.record.trouble['2']?.notBefore ?? '')).toBeGreaterThan(NOW);
  });

  it('counts a duplicate in the same batch as nothing', () => {
    expect(sent(decided(transferring(), {}, [failedWith('SourceReset', 2), failedWith('SourceReset', 2)]))).toEqual([
      '2.2',
    ]);
  });

  it.each([
    ['of an older plan', failedWith('SourceForbidden', 2, { planId: 'plan0' })],
    ['of an attempt that is answered already', failedWith('SourceForbidden', 2, { attempt: 1 })],
    ['of an attempt that was never sent', failedWith('SourceForbidden', 2, { attempt: 3 })],
    ['of a piece that was never sent', failedWith('SourceForbidden', 7)],
  ])('drops a failure %s', (_, failure) => {
    const record = transferring({ trouble: { '2': { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' } } });
    expect(decided(record, {}, [failure])).toEqual({ record, commands: [] });
  });

  it('drops a late 403 of a piece that is done after all', () => {
    const decision = decided(transferring(), { ledger: ledger(0, 2) }, [failedWith('SourceForbidden', 2)]);
    expect(decision.record.status).toBe('transferring');
    expect(decision.record.trouble).toEqual({});
  });

  it('counts a dead letter as a failure of its attempt', () => {
    const decision = decided(transferring(), {}, [dead(2)]);
    expect(sent(decision)).toEqual(['2.2']);
    expect(decision.record.trouble['2']).toMatchObject({ attempt: 2, failures: 1 });
  });

  it('does not fail the transfer at once for a worker that died, told by the queue or by a result without a reason', () => {
    const speechless = { ...done(2), outcome: 'failed', bytes: 0 } as const;
    for (const input of [dead(2), speechless]) {
      const { record } = decided(transferring(), {}, [input]);
      expect(record.status).toBe('transferring');
      expect(record.trouble['2']).toMatchObject({ attempt: 2, failures: 1, waits: 0, code: 'WorkerDied' });
    }
  });

  it('fails by dead workers alone with a code of its own, which names the piece and is no defect of ours', () => {
    const { record } = decided(transferring({}, { maxFailures: 1 }), {}, [dead(2)]);
    expect(record).toMatchObject({ status: 'failed', reason: { code: 'WorkerDied' } });
    expect(record.reason?.message).toMatch(/piece 2 of https:\S+ died/);
  });

  it('tells of each piece that is fetched again', () => {
    const { record, commands } = decided(transferring(), {}, [failedWith('SourceReset', 2)]);
    const delayMs = fromIso(record.trouble['2']?.notBefore ?? '') - NOW;
    expect(commands).toContainEqual({
      kind: 'emit',
      event: {
        type: 'piece.requeued',
        transferId: '01TRANSFER',
        pieceNumber: 2,
        attempt: 2,
        delayMs,
        error: { code: 'SourceReset', message: 'SourceReset' },
      },
    });
    expect(commands).toContainEqual(
      expect.objectContaining({ kind: 'sendPieces', tasks: [expect.objectContaining({ delayMs })] }),
    );
  });

  it('forgets the trouble of a piece as soon as it is done', () => {
    const record = transferring({ trouble: { '2': { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' } } });
    expect(decided(record, { ledger: ledger(2) }, [done(2)]).record.trouble).toEqual({});
  });
});

describe('rule 5: attempt numbers answers, failures is the budget', () => {
  it('uses up no failure for a piece that was asked to wait, however often', () => {
    const record = transferring(
      { trouble: { '2': { attempt: 90, failures: 0, waits: 89, code: 'SourceBusy' } } },
      { maxFailures: 1 },
    );
    const decision = decided(record, {}, [failedWith('SourceBusy', 2, { attempt: 90 })]);
    expect(decision.record.trouble['2']).toMatchObject({ attempt: 91, failures: 0, waits: 90 });
  });

  it('obeys Retry-After in full, and closes the host for all', () => {
    const decision = decided(transferring(), {}, [failedWith('SourceBusy', 2, {}, { retryAfterMs: 60_000 })]);
    expect(decision.commands).toContainEqual({ kind: 'closeHost', until: NOW + 60_000 });
    expect(fromIso(decision.record.trouble['2']?.notBefore ?? '')).toBeGreaterThanOrEqual(NOW + 60_000);
  });

  it('does not close the host of the source for a busy destination', () => {
    expect(
      kinds(decided(transferring(), {}, [failedWith('DestinationBusy', 2, {}, { retryAfterMs: 60_000 })])),
    ).not.toContain('closeHost');
  });

  it('closes the host only where patience was asked for, and for how long', () => {
    for (const failure of [
      failedWith('SourceBusy', 2),
      failedWith('SourceServerError', 2, {}, { retryAfterMs: 60_000 }),
    ])
      expect(kinds(decided(transferring(), {}, [failure]))).toEqual(['emit', 'sendPieces']);
  });

  it('waits longer after each failure, and at once long where nobody is there', () => {
    const longest = (code: ErrorCode, failures: number) => {
      const trouble = { '2': { attempt: 1, failures, waits: 7, code: 'SourceReset' } } as const;
      const delays = Array.from({ length: 60 }, (_, index) => {
        const record = transferring({ id: `01TRANSFER${index}`, trouble }, { maxFailures: 100 });
        const after = decided(record, {}, [failedWith(code, 2)]).record;
        return fromIso(after.trouble['2']?.notBefore ?? '') - NOW;
      });
      return Math.max(...delays);
    };
    for (const [code, failures, boundMs] of [
      ['SourceReset', 0, 500],
      ['SourceReset', 2, 2_000],
      ['SourceRefused', 0, 16_000],
    ] as const) {
      expect(longest(code, failures)).toBeLessThanOrEqual(boundMs);
      expect(longest(code, failures)).toBeGreaterThan(boundMs / 2);
    }
  });

  it('says after how many attempts it gave up, where there was more than one', () => {
    const reason = (failures: number, maxFailures: number) => {
      const record = transferring(
        { trouble: { '2': { attempt: 1, failures, waits: 0, code: 'SourceReset' } } },
        { maxFailures },
      );
      return decided(record, {}, [failedWith('SourceReset', 2)]).record.reason?.message;
    };
    expect(reason(0, 1)).toBe('SourceReset');
    expect(reason(1, 2)).toBe('SourceReset (after 2 attempts)');
  });

  it('fails the transfer when the budget is used up, with the error of the last failure', () => {
    const record = transferring({ trouble: { '2': { attempt: 5, failures: 4, waits: 0, code: 'SourceReset' } } });
    const { record: after, commands } = decided(record, {}, [failedWith('SourceStalled', 2, { attempt: 5 })]);
    expect(after).toMatchObject({ status: 'failed', reason: { code: 'SourceStalled' } });
    expect(commands).toEqual([{ kind: 'settle' }]);
  });

  it('fails the transfer at the second checksum mismatch of a piece', () => {
    const once = decided(transferring(), {}, [failedWith('ChecksumMismatch', 2)]).record;
    expect(once.status).toBe('transferring');
    expect(decided(once, {}, [failedWith('ChecksumMismatch', 2, { attempt: 2 })]).record).toMatchObject({
      status: 'failed',
      reason: { code: 'ChecksumMismatch' },
    });
  });

  it('a checksum mismatch before or after another failure is one failure among others', () => {
    for (const [first, second] of [
      ['ChecksumMismatch', 'SourceReset'],
      ['SourceReset', 'ChecksumMismatch'],
    ] as const) {
      const once = decided(transferring(), {}, [failedWith(first, 2)]).record;
      expect(decided(once, {}, [failedWith(second, 2, { attempt: 2 })]).record).toMatchObject({
        status: 'transferring',
        trouble: { '2': { failures: 2 } },
      });
    }
  });
});

describe('rule 6: the tick does not raise attempt', () => {
  it('sends with the attempt that the record has', () => {
    const record = transferring({
      quietUntil: toIso(NOW),
      trouble: { '2': { attempt: 3, failures: 2, waits: 0, code: 'SourceReset', notBefore: toIso(NOW - 1) } },
    });
    const decision = decided(record, { ledger: ledger(1) }, [TICK]);
    expect(sent(decision)).toContain('2.3');
    expect(decision.record.trouble['2']?.attempt).toBe(3);
  });
});

describe('rule 7: the tick', () => {
  it('sends nothing before the quiet time is over', () => {
    const record = transferring();
    expect(decided(record, {}, [TICK], NOW + QUIET_MS - 1)).toEqual({ record, commands: [] });
  });

  it('is what sends again: a result does not, however quiet it was', () => {
    const record = transferring();
    expect(decided(record, {}, [done(1)], NOW + QUIET_MS)).toEqual({ record, commands: [] });
  });

  it('sends again what was sent and is not done', () => {
    expect(sent(decided(transferring(), { ledger: ledger(1, 3), places: 2 }, [TICK], NOW + QUIET_MS))).toEqual([
      '2.1',
      '4.1',
    ]);
  });

  it('leaves pieces alone that wait for their time', () => {
    const record = transferring({
      trouble: { '2': { attempt: 2, failures: 1, waits: 0, code: 'SourceBusy', notBefore: toIso(NOW + QUIET_MS + 1) } },
    });
    expect(sent(decided(record, {}, [TICK], NOW + QUIET_MS))).toEqual(['1.1', '3.1', '4.1']);
  });

  it('sends a piece as soon as its time has come', () => {
    const record = transferring({
      trouble: { '2': { attempt: 2, failures: 1, waits: 0, code: 'SourceBusy', notBefore: toIso(NOW + QUIET_MS) } },
    });
    expect(sent(decided(record, {}, [TICK], NOW + QUIET_MS))).toEqual(['1.1', '2.2', '3.1', '4.1']);
  });

  it('doubles the quiet time up to its bound as long as nothing moves', () => {
    let record = transferring();
    const waits: number[] = [];
    for (let now = NOW + QUIET_MS; waits.length < 6; now = fromIso(record.quietUntil)) {
      record = decided({ ...record, deadlineAt: toIso(now + 1) }, {}, [TICK], now).record;
      waits.push(fromIso(record.quietUntil) - now);
    }
    expect(waits).toEqual([240_000, 480_000, 900_000, 900_000, 900_000, 900_000]);
  });

  it('begins anew with the short quiet time once the cursor moved', () => {
    const decision = decided(transferring({ requeues: 3 }), { ledger: ledger(1) }, [done(1)]);
    expect(decision.record).toMatchObject({ requeues: 0, quietUntil: toIso(NOW + QUIET_MS) });
  });

  it('takes a part that just landed for a sign of life', () => {
    const record = transferring({ cursor: 11 });
    const newestPartAt = toIso(NOW + QUIET_MS - 1000);
    const known = { ledger: { ...ledger(1), newestPartAt }, places: 9 };
    expect(decided(record, known, [TICK], NOW + QUIET_MS)).toEqual({ record, commands: [] });
  });

  it('does not wait when somebody knows that nothing is in flight', () => {
    expect(sent(decided(transferring(), {}, [{ kind: 'tick', now: true }]))).toEqual(['1.1', '2.1', '3.1', '4.1']);
  });

  it('does not send twice what it just answered', () => {
    const decision = decided(transferring({ quietUntil: toIso(NOW) }), {}, [failedWith('SourceReset', 2), TICK]);
    expect([...sent(decision)].sort()).toEqual(['1.1', '2.2', '3.1', '4.1']);
  });

  it('begins anew with the short quiet time where it also answers a failure', () => {
    const record = transferring({ requeues: 3, quietUntil: toIso(NOW) });
    expect(decided(record, {}, [failedWith('SourceReset', 2), TICK]).record).toMatchObject({
      requeues: 0,
      quietUntil: toIso(NOW + QUIET_MS),
    });
  });

  it('looks after uploads of an earlier plan', () => {
    const record = transferring({ toAbort: [{ upload: { id: 'upload0', token: 't' } }] });
    expect(kinds(decided(record, {}, [TICK]))).toEqual(['settle']);
  });
});

describe('rule 9: the order of a decision', () => {
  const late = { deadlineAt: toIso(NOW - 1) };

  it('a complete ledger comes before the deadline, and before any failure', () => {
    const record = transferring({ ...late, cursor: 11 });
    const decision = decided(record, { ledger: ledger(10) }, [failedWith('SourceChanged', 2)]);
    expect(decision.record).toMatchObject({ status: 'finalizing', doneThrough: 10 });
    expect(kinds(decision)).toEqual(['emit', 'sendFinish']);
  });

  it('a ledger that turns out complete while places are filled finalizes at once', () => {
    expect(decided(transferring(), { ledger: ledger(4, 5, 6, 7, 8, 9, 10) }, [done(4)]).record).toMatchObject({
      status: 'finalizing',
      cursor: 11,
    });
  });

  it('a ledger that is complete only as far as was sent does not', () => {
    expect(decided(transferring(), { ledger: ledger(4) }, [done(4)]).record.status).toBe('transferring');
  });

  it('the deadline comes before failures', () => {
    expect(decided(transferring(late), {}, [failedWith('SourceForbidden', 2)]).record).toMatchObject({
      status: 'failed',
      reason: { code: 'DeadlineExceeded' },
    });
  });

  it('the deadline is the moment itself', () => {
    const record = transferring({ deadlineAt: toIso(NOW) });
    expect(decided(record, {}, [done(1)], NOW - 1).record.status).toBe('transferring');
    expect(decided(record, {}, [done(1)], NOW).record.status).toBe('failed');
  });

  it('a changed source comes before a fatal error', () => {
    const decision = decided(transferring(), {}, [failedWith('SourceForbidden', 1), failedWith('SourceChanged', 2)]);
    expect(decision.record.reason?.code).toBe('SourceChanged');
  });

  it('a fatal error comes before retries', () => {
    const decision = decided(transferring(), {}, [failedWith('SourceReset', 1), failedWith('SourceForbidden', 2)]);
    expect(decision.record).toMatchObject({ status: 'failed', reason: { code: 'SourceForbidden' } });
    expect(sent(decision)).toEqual([]);
  });

  it('retries come before new places, and take none of them', () => {
    const decision = decided(transferring(), { ledger: ledger(1), places: 4 }, [failedWith('SourceReset', 2)]);
    expect(sent(decision)).toEqual(['2.2', '5.1']);
  });
});

describe('a source that changed', () => {
  it('ends the transfer, and its upload is not held', () => {
    const { record } = decided(transferring(), {}, [failedWith('SourceChanged', 2)]);
    expect(record).toMatchObject({ status: 'failed', toAbort: [{ upload: { id: 'upload1' } }] });
    expect(record.upload).toBeUndefined();
    expect(record.heldUntil).toBeUndefined();
  });

  it('starts over once where that was asked for, with nothing of the old plan left', () => {
    const decision = decided(transferring({}, { onSourceChange: 'restart' }), {}, [failedWith('SourceChanged', 2)]);
    expect(decision.record).toMatchObject({
      status: 'planning',
      restarts: 1,
      cursor: 1,
      doneThrough: 0,
      toAbort: [{ upload: { id: 'upload1' } }],
    });
    for (const field of ['plan', 'planId', 'upload', 'snapshot']) expect(decision.record).not.toHaveProperty(field);
    expect(kinds(decision)).toEqual(['emit', 'sendPlan', 'settle']);
  });

  it('ends it the second time', () => {
    const record = transferring({ restarts: 1 }, { onSourceChange: 'restart' });
    expect(decided(record, {}, [failedWith('SourceChanged', 2)]).record.status).toBe('failed');
  });
});

describe('a source that does not honour ranges after all', () => {
  it('is planned once more, as a stream', () => {
    const decision = decided(transferring(), {}, [failedWith('RangesNotHonoured', 2)]);
    expect(decision.record).toMatchObject({ status: 'planning', withoutRanges: true });
  });

  it('fails where that was tried already', () => {
    expect(decided(transferring({ withoutRanges: true }), {}, [failedWith('RangesNotHonoured', 2)]).record.status).toBe(
      'failed',
    );
  });
});

describe('a store that does not copy by itself after all', () => {
  const copying = (over: Partial<TransferRecord> = {}, options: Partial<TransferOptions> = {}) =>
    transferring(
      {
        plan: { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10, serverSideCopy: true },
        ...over,
      },
      options,
    );
  const REFUSED = failedWith('ServerSideCopyRefused', 2);

  it.each<readonly [string, TransferRecord, Partial<Facts>]>([
    ['', copying(), {}],
    [', though its piece is in the ledger', copying(), { ledger: ledger(3) }],
    [', though the ledger is complete', copying({ cursor: 11 }), { ledger: ledger(10) }],
    [', though the deadline is over', copying({ deadlineAt: toIso(NOW - 1) }), {}],
  ])('is planned once more, to be fetched%s', (_, record, known) => {
    const decision = decided(record, known, [done(3), REFUSED]);
    expect(decision.record).toMatchObject({
      status: 'planning',
      copyRefused: 'ServerSideCopyRefused',
      restarts: 0,
      toAbort: [{ upload: { id: 'upload1' } }],
    });
    for (const field of ['plan', 'planId', 'upload', 'snapshot']) expect(decision.record).not.toHaveProperty(field);
    expect(kinds(decision)).toEqual(['emit', 'sendPlan', 'settle']);
  });

  it.each<readonly [string, TransferRecord]>([
    ['it must copy', copying({}, { serverSideCopy: 'always' })],
    ['it refused before', copying({ copyRefused: 'no' })],
  ])('fails where %s', (_, record) => {
    const { record: after } = decided(record, {}, [REFUSED]);
    expect(after).toMatchObject({ status: 'failed', reason: { code: 'ServerSideCopyRefused' } });
  });

  it('says nothing of a done piece there: rule 4 holds again', () => {
    const record = copying({}, { serverSideCopy: 'always' });
    expect(decided(record, { ledger: ledger(2) }, [REFUSED]).record.status).toBe('transferring');
  });

  it('says nothing of another plan', () => {
    const record = copying();
    const old = failedWith('ServerSideCopyRefused', 2, { planId: 'plan0' });
    expect(decided(record, {}, [old])).toEqual({ record, commands: [] });
  });

  it('is told by a result of the plan, and by nothing else', () => {
    const record = copying();
    const error = { code: 'ServerSideCopyRefused', message: 'late' } as const;
    expect(decided(record, {}, [{ kind: 'unplanned', planId: 'plan1', error }])).toEqual({ record, commands: [] });
  });
});

describe('a failed transfer', () => {
  it('holds its upload for a retry', () => {
    const { record } = decided(transferring(), {}, [failedWith('SourceForbidden', 2)]);
    expect(record).toMatchObject({
      status: 'failed',
      upload: { id: 'upload1' },
      heldUntil: toIso(NOW + 3_600_000),
      toAbort: [],
    });
  });

  it('holds nothing where there is no upload', () => {
    const { upload: _, ...record } = transferring();
    const { record: after } = decided(record, {}, [failedWith('SourceForbidden', 2)]);
    expect(after).toMatchObject({ status: 'failed', toAbort: [] });
    expect(after).not.toHaveProperty('heldUntil');
  });

  it('holds nothing where no hold was asked for', () => {
    expect(
      decided(transferring({}, { holdMs: 0 }), {}, [failedWith('SourceForbidden', 2)]).record.toAbort,
    ).toHaveLength(1);
  });
});

describe('rule 13: the upload is gone while transferring', () => {
  it('asks first whether the object is ours', () => {
    const record = transferring();
    expect(decide(record, facts({ ledger: 'gone' }), [TICK], NOW, POLICY)).toEqual({ ask: 'object' });
  });

  it('is completed when it is', () => {
    expect(decided(transferring(), { ledger: 'gone', object: 'ours' }, [TICK]).record).toMatchObject({
      status: 'completed',
      result: { sizeBytes: 100 },
    });
  });

  it('starts over when it is not, and goes on looking after the lost upload, whose late parts may bring it back', () => {
    const decision = decided(transferring(), { ledger: 'gone', object: 'foreign' }, [TICK]);
    expect(decision.record).toMatchObject({
      status: 'planning',
      restarts: 1,
      toAbort: [{ upload: { id: 'upload1' } }],
    });
    expect(kinds(decision)).toContain('sendPlan');
  });

  it('is UploadLost the second time', () => {
    const { record } = decided(transferring({ restarts: 1 }), { ledger: 'gone', object: 'foreign' }, [TICK]);
    expect(record).toMatchObject({
      status: 'failed',
      reason: { code: 'UploadLost' },
      toAbort: [{ upload: { id: 'upload1' } }],
    });
  });
});

describe('a cancel', () => {
  it('is final at once, and gives the upload up', () => {
    const { record, commands } = decided(transferring(), { ledger: 'unread' }, [
      { kind: 'cancel', reason: { code: 'Cancelled', message: 'cancelled' } },
    ]);
    expect(record).toMatchObject({ status: 'cancelled', toAbort: [{ upload: { id: 'upload1' } }], trouble: {} });
    expect(record.upload).toBeUndefined();
    expect(commands).toEqual([{ kind: 'settle' }]);
  });
});
