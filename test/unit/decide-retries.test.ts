import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { fromIso, toIso } from '../../lib/values/time.ts';
import { dead, done, failedWith, ledger, NOW, QUIET_MS, TICK, transferring } from '../support/a-transfer.ts';
import { decided, kinds, sent } from '../support/decisions.ts';

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
    let record: TransferRecord = transferring();
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
