import { describe, expect, it } from 'vitest';
import type { Facts } from '../../lib/transfer/decide/decision.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import { toIso } from '../../lib/values/time.ts';
import { done, failedWith, ledger, NOW, transferring } from '../support/a-transfer.ts';
import { decided, kinds } from '../support/decisions.ts';

const CONTRADICTED = { code: 'RangeMismatch', message: 'another range' } as const;

describe('a source that changed', () => {
  it('ends the transfer where that was asked for, and its upload is not held', () => {
    const { record } = decided(transferring({}, { onSourceChange: 'fail' }), {}, [failedWith('SourceChanged', 2)]);
    expect(record).toMatchObject({ status: 'failed', toAbort: [{ upload: { id: 'upload1' } }] });
    expect(record.upload).toBeUndefined();
    expect(record.heldUntil).toBeUndefined();
  });

  it('starts over in pieces once, with nothing of the old plan left', () => {
    const decision = decided(transferring(), {}, [failedWith('SourceChanged', 2)]);
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

  it('starts over as one stream the second time, and what came of another version goes', () => {
    const { record } = decided(transferring({ restarts: 1 }), {}, [failedWith('SourceChanged', 2)]);
    expect(record).toMatchObject({
      status: 'planning',
      restarts: 1,
      oneStream: { code: 'SourceChanged' },
      toAbort: [{ upload: { id: 'upload1' } }],
    });
    for (const field of ['plan', 'planId', 'upload', 'snapshot']) expect(record).not.toHaveProperty(field);
  });

  it.each<readonly [string, TransferRecord]>([
    ['is one stream already', transferring({ restarts: 1, oneStream: CONTRADICTED })],
    ['is to be copied by its store', transferring({ restarts: 1 }, { serverSideCopy: 'always' })],
  ])('ends what %s', (_what, record) => {
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
