import { describe, expect, it } from 'vitest';
import { looksSigned } from '../../lib/http/grammar/signature-expiry.ts';
import type { Tries } from '../../lib/transfer/batch/again.ts';
import { afterDenial } from '../../lib/transfer/batch/again.ts';
import type { Input } from '../../lib/transfer/decide/decision.ts';
import { deniedWaitMs } from '../../lib/transfer/denial.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { BACKOFF } from '../../lib/transfer/retry.ts';
import { toIso } from '../../lib/values/time.ts';
import { failedWith, ledger, NOW, transferring } from '../support/a-transfer.ts';
import { decided } from '../support/decisions.ts';

const LIMIT = { sourceStatus: 403, mayBeLimit: true };
const denied = failedWith('SourceForbidden', 2, {}, LIMIT);
const unplanned: Input = {
  kind: 'unplanned',
  planId: 'plan1',
  error: { code: 'SourceForbidden', message: '403', details: LIMIT },
};
const planning = (over: Partial<TransferRecord>, options = {}) =>
  transferring({ ...over, status: 'planning' }, options);
const waited = (tries: number) =>
  ({ reason: { code: 'SourceForbidden', message: '' }, since: '', nextTryAt: '', tries }) as const;

it('a denial is waited for: a minute, then five', () => {
  expect(deniedWaitMs(1, 'a', BACKOFF)).toBeGreaterThanOrEqual(60_000);
  expect(deniedWaitMs(1, 'a', BACKOFF)).toBeLessThanOrEqual(63_000);
  expect(deniedWaitMs(2, 'a', BACKOFF)).toBeGreaterThanOrEqual(300_000);
  expect(deniedWaitMs(9, 'a', BACKOFF)).toBeLessThanOrEqual(315_000);
});

describe('a 403 that may be a limit, to a piece', () => {
  it('is first answered by fewer connections', () => {
    const { record } = decided(transferring({}, { parallelism: 8 }), { ledger: ledger(1) }, [denied]);
    expect(record).toMatchObject({ status: 'planning', narrowedTo: 2 });
  });

  it('is waited out on the last one, where pieces have come, and is no failure', () => {
    const { record, commands } = decided(transferring({ narrowedTo: 1 }), { ledger: ledger(1) }, [denied]);
    expect(record).toMatchObject({ status: 'transferring', trouble: { '2': { failures: 0, waits: 1 } } });
    const sent = commands.find(({ kind }) => kind === 'sendPieces');
    if (sent?.kind !== 'sendPieces') throw new Error('no piece is sent');
    expect(sent.tasks[0]?.delayMs).toBeGreaterThanOrEqual(60_000);
  });

  it('becomes a stream there, where no range has been served', () => {
    const { record } = decided(transferring({ narrowedTo: 1 }), { ledger: ledger(0) }, [denied]);
    expect(record).toMatchObject({ status: 'planning', oneStream: { code: 'SourceForbidden' } });
  });

  it('ends the transfer once patience is used up, with that reason', () => {
    const silentSince = toIso(NOW - 14.5 * 60_000);
    const { record } = decided(
      transferring({ narrowedTo: 1, cursor: 3, silentSince }, { maxWaitMs: 900_000 }),
      { ledger: ledger(1) },
      [denied],
    );
    expect(record).toMatchObject({ status: 'failed', reason: { code: 'SourceForbidden' } });
    expect(record.reason?.message).toContain('--max-wait allows 15m without a byte');
  });
});

describe('a 403 that may be a limit, to planning', () => {
  it('is waited out once nothing is on its way any more: a minute, then five', () => {
    const first = decided(planning({ narrowedTo: 1, waiting: waited(1) }), {}, [unplanned]);
    expect(delayOf(first)).toBeLessThan(30_000);
    const second = decided(planning({ narrowedTo: 1, planFailures: 1, waiting: waited(2) }), {}, [unplanned]);
    expect(second.record).toMatchObject({ status: 'planning', planFailures: 1 });
    expect(delayOf(second)).toBeGreaterThanOrEqual(60_000);
    const third = decided(planning({ narrowedTo: 1, planFailures: 1, waiting: waited(3) }), {}, [unplanned]);
    expect(delayOf(third)).toBeGreaterThanOrEqual(300_000);
  });

  it('ends at the first look, which nothing was served before', () => {
    expect(decided(planning({}), {}, [unplanned]).record.status).toBe('failed');
  });
});

function delayOf({ commands }: ReturnType<typeof decided>): number {
  const sent = commands.find(({ kind }) => kind === 'sendPlan');
  if (sent?.kind !== 'sendPlan') throw new Error('no plan is sent');
  return sent.delayMs;
}

describe('a 403 that may be a limit, to an entry of a batch', () => {
  const limits = { maxAttempts: 5, maxWaitMs: 900_000, backoff: BACKOFF };
  const host = (servedCount: number, over: object = {}) => ({
    servedCount,
    silentMs: () => 0,
    closedForMs: () => 0,
    denials: { mayPass: true },
    ...over,
  });
  const again = (before: Tries, seen: ReturnType<typeof host>) => afterDenial(before, seen, limits, 'seed');
  const fresh: Tries = { failures: 0, waits: 0 };

  it('is final at the third time, where others were served in between', () => {
    const first = again(fresh, host(5));
    if (first === 'final') throw new Error('it is not tried again');
    const second = again(first.tries, host(9));
    if (second === 'final') throw new Error('it is not tried a third time');
    expect(second.delayMs).toBeGreaterThanOrEqual(60_000);
    expect(again(second.tries, host(9))).toBe('final');
  });

  it('is waited for where nothing else was served either, until patience is used up', () => {
    let tries = fresh;
    for (let times = 0; times < 9; times += 1) {
      const next = again(tries, host(5));
      if (next === 'final') throw new Error('it is not tried again');
      tries = next.tries;
    }
    expect(again(tries, host(5, { silentMs: () => 870_000 }))).toBe('final');
    expect(again(tries, host(5, { silentMs: () => 700_000, closedForMs: () => 300_000 }))).toBe('final');
  });

  it('is final where the host has served nothing, or waiting was in vain', () => {
    expect(again(fresh, host(0, { denials: { mayPass: false } }))).toBe('final');
  });
});

describe('a link that may have expired', () => {
  it.each([
    'https://h/f?X-Amz-Signature=a&X-Amz-Date=b',
    'https://h/f?sv=1&se=2027-01-01&sig=a',
    'https://h/f?Expires=1&Key-Pair-Id=k',
    'https://h/f?download=1&access_token=a',
    'https://h/f?hdnea=a',
  ])('%s', (url) => expect(looksSigned(url)).toBe(true));

  it.each(['https://h/f', 'https://h/f?download=1', 'https://h/f?id=17&format=csv'])('%s is none', (url) =>
    expect(looksSigned(url)).toBe(false),
  );
});
