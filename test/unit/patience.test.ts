import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Facts, Input, Outcome } from '../../lib/transfer/decide/decision.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { resumed } from '../../lib/transfer/record/transitions-runs.ts';
import { toIso } from '../../lib/values/time.ts';
import { done, facts, failedWith, ledger, NOW, outcomeOf, POLICY, transferring } from '../support/a-transfer.ts';
import { planning, unplanned } from '../support/decisions-by-status.ts';

const MINUTE_MS = 60_000;
const MAX_WAIT_MS = 15 * MINUTE_MS;

function decided(record: TransferRecord, inputs: readonly Input[], now = NOW, known: Partial<Facts> = {}): Outcome {
  const policy = { ...POLICY, maxWaitMs: MAX_WAIT_MS };
  return outcomeOf(decide(narrow(record), facts(known), inputs, now, policy));
}

/** Pieces 2, 3 and 4 are done, and the first is on its way: one piece alone. */
const one = { ledger: ledger(0, 2, 3, 4), places: 1 };

/** The first piece's n-th answer. */
const busy = (attempt: number, details: object = {}) =>
  failedWith('SourceBusy', 1, { attempt }, { sourceStatus: 503, ...details });

describe('patience with a source that gives nothing', () => {
  it('begins with the first wait, and ends with its last reason once the next try is too late', () => {
    let record: TransferRecord = transferring();
    let now = NOW;
    for (let attempt = 1; record.status === 'transferring'; attempt += 1) {
      expect(now - NOW).toBeLessThanOrEqual(MAX_WAIT_MS);
      record = decided(record, [busy(attempt)], now, one).record;
      expect(record.silentSince).toBe(toIso(NOW));
      const next = record.trouble['1']?.notBefore;
      if (next !== undefined) now = Math.max(now + 1, Date.parse(next));
    }
    expect(record).toMatchObject({ status: 'failed', reason: { code: 'SourceBusy' } });
    expect(record.reason?.message).toMatch(/^SourceBusy; nothing has come for 14m.*--max-wait allows 15m/);
  });

  it('does not wait for what is beyond it', () => {
    const { record } = decided(transferring(), [busy(1, { retryAfterMs: MAX_WAIT_MS + 1 })], NOW, one);
    expect(record).toMatchObject({ status: 'failed', reason: { code: 'SourceBusy' } });
    const within = decided(transferring(), [busy(1, { retryAfterMs: MAX_WAIT_MS / 2 })], NOW, one);
    expect(within.record.status).toBe('transferring');
  });

  it('ends when the last piece that was coming has come, where the others wait for what is beyond it', () => {
    const both = { ledger: ledger(0, 3, 4), places: 2 };
    const { record } = decided(transferring(), [busy(1, { retryAfterMs: MAX_WAIT_MS + MINUTE_MS })], NOW, both);
    expect(record.status).toBe('transferring');
    const after = decided(record, [done(2)], NOW + 1, one).record;
    expect(after).toMatchObject({ status: 'failed', reason: { code: 'SourceBusy' } });
    expect(after.reason?.message).toContain('--max-wait allows 15m');
  });

  it('is as long as the request says, or as the home does, or without end', () => {
    const late = NOW + MAX_WAIT_MS;
    const since = { silentSince: toIso(NOW) };
    expect(decided(transferring(since, { maxWaitMs: 2 * MAX_WAIT_MS }), [busy(1)], late, one).record.status).toBe(
      'transferring',
    );
    expect(decided(transferring(since), [busy(1)], late, one).record.status).toBe('failed');
    const endless = decide(narrow(transferring(since)), facts(one), [busy(1)], late, POLICY);
    expect(outcomeOf(endless).record.status).toBe('transferring');
  });

  const late = NOW + MAX_WAIT_MS + 1;
  const waiting = transferring({ silentSince: toIso(NOW) });

  it.each([
    ['a piece that came', done(2), {}],
    ['a part that landed', busy(1), { ...one, ledger: { ...ledger(0, 2, 3, 4), newestPartAt: toIso(NOW + 1) } }],
    ['bytes of a piece that failed in the end', { ...failedWith('SourceReset', 1), bytes: 1 }, one],
  ])('begins anew with %s', (_what, input, known) => {
    const { record } = decided(waiting, [input], late, known);
    expect(record.status).toBe('transferring');
    expect(record.silentSince).toBe(input.outcome === 'done' ? undefined : toIso(late));
  });

  it('is not at its end while another piece may be coming', () => {
    const fresh = { ledger: ledger(0, 3, 4), places: 2 };
    expect(decided(waiting, [busy(1)], late, fresh).record.status).toBe('transferring');
    const tried = (msAgo: number) => {
      const trouble = {
        attempt: 2,
        failures: 0,
        waits: 1,
        code: 'SourceBusy',
        notBefore: toIso(late - msAgo),
      } as const;
      return decided({ ...waiting, trouble: { '2': trouble } }, [busy(1)], late, fresh).record.status;
    };
    expect(tried(-1_000)).toBe('failed');
    expect(tried(MINUTE_MS)).toBe('failed');
    expect(tried(5 * MINUTE_MS)).toBe('transferring');
  });

  it.each(['SourceRefused', 'SourceNotResolved', 'SourceTimeout', 'SourceServerError'] as const)(
    'is with %s, too',
    (code) => {
      const { record } = decided(waiting, [failedWith(code, 1)], late, one);
      expect(record).toMatchObject({ status: 'failed', reason: { code } });
      expect(record.reason?.message).toContain('--max-wait');
    },
  );

  it.each(['DestinationBusy', 'DestinationServerError'] as const)('is none with a store: %s', (code: ErrorCode) => {
    const { record } = decided(transferring(), [failedWith(code, 1)], NOW, one);
    expect(record.status).toBe('transferring');
    expect(record).not.toHaveProperty('silentSince');
    expect(decided(waiting, [failedWith(code, 1)], late, one).record.status).toBe('transferring');
  });

  it('holds in planning', () => {
    const first = decided(planning(), [unplanned('SourceBusy')]).record;
    expect(first).toMatchObject({ status: 'planning', silentSince: toIso(NOW) });
    const again = { ...first, planId: 'plan1' };
    expect(decided(again, [unplanned('SourceBusy')], NOW + 5 * MINUTE_MS).record).toMatchObject({
      status: 'planning',
      silentSince: toIso(NOW),
    });
    expect(decided(again, [unplanned('SourceBusy')], late).record).toMatchObject({
      status: 'failed',
      reason: { code: 'SourceBusy', message: expect.stringContaining('--max-wait') },
    });
  });

  it('counts while the transfer runs', () => {
    expect(resumed(narrow(waiting) as typeof waiting, waiting.request, late)).not.toHaveProperty('silentSince');
  });
});
