import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Input } from '../../lib/transfer/decide/decision.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { adoptPlan, failed } from '../../lib/transfer/record/transitions.ts';
import { toIso } from '../../lib/values/time.ts';
import {
  accepted,
  CANCELLED,
  dead,
  done,
  facts,
  failedWith,
  ledger,
  NOW,
  POLICY,
  SNAPSHOT,
  TICK,
  transferring,
} from '../support/a-transfer.ts';
import { decided, kinds, sent } from '../support/decisions.ts';

describe('the facts that a decision about pieces asks for', () => {
  const asksForLedger = (record: TransferRecord, inputs: readonly Input[], places = 4) =>
    expect(decide(narrow(record), facts({ ledger: 'unread', places }), inputs, NOW, POLICY)).toEqual({ ask: 'ledger' });

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
    const { reported } = adoptPlan(
      { ...transferring({ reported: [[1, 3]] }), status: 'planning' },
      {
        plan: { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 },
        planId: 'plan2',
        snapshot: SNAPSHOT,
        upload: { id: 'upload2', token: 'token' },
        doneThrough: 0,
        quietUntil: NOW,
      },
    );
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
    expect(decision.record).toMatchObject({ status: 'planning', restarts: 1 });
  });

  it('a fatal error comes before retries', () => {
    const decision = decided(transferring(), {}, [failedWith('SourceReset', 1), failedWith('SourceNotFound', 2)]);
    expect(decision.record).toMatchObject({ status: 'failed', reason: { code: 'SourceNotFound' } });
    expect(sent(decision)).toEqual([]);
  });

  it('retries come before new places, and take none of them', () => {
    const decision = decided(transferring(), { ledger: ledger(1), places: 4 }, [failedWith('SourceReset', 2)]);
    expect(sent(decision)).toEqual(['2.2', '5.1']);
  });
});

describe('a failed transfer', () => {
  it('holds its upload for a retry', () => {
    const { record } = decided(transferring(), {}, [failedWith('SourceNotFound', 2)]);
    expect(record).toMatchObject({
      status: 'failed',
      upload: { id: 'upload1' },
      heldUntil: toIso(NOW + 3_600_000),
      toAbort: [],
    });
  });

  it('holds nothing where there is no upload', () => {
    const after = failed({ ...accepted(), plan: transferring().plan }, CANCELLED, NOW);
    expect(after).toMatchObject({ status: 'failed', toAbort: [] });
    expect(after).not.toHaveProperty('heldUntil');
  });

  it('holds nothing where no hold was asked for', () => {
    expect(decided(transferring({}, { holdMs: 0 }), {}, [failedWith('SourceNotFound', 2)]).record.toAbort).toHaveLength(
      1,
    );
  });
});

describe('pieces that wait for their time', () => {
  const trouble = {
    1: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset', notBefore: toIso(NOW + 4_000) },
  } as const;
  const delays = (inputs: readonly Input[]) =>
    decided(transferring({ trouble, cursor: 3 }), { places: 2 }, inputs, NOW).commands.flatMap((command) =>
      command.kind === 'sendPieces' ? command.tasks.map(({ task, delayMs }) => [task.pieceNumber, delayMs]) : [],
    );

  it('are on their way for a tick', () => {
    expect(delays([TICK])).not.toContainEqual([1, 4_000]);
  });

  it('are sent again for their time where nothing is in flight: their message ended with its process', () => {
    expect(delays([{ kind: 'tick', now: true }])).toContainEqual([1, 4_000]);
  });
});

describe('rule 13: the upload is gone while transferring', () => {
  it('asks first whether the object is ours', () => {
    const record = transferring();
    expect(decide(narrow(record), facts({ ledger: 'gone' }), [TICK], NOW, POLICY)).toEqual({ ask: 'object' });
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

  it('starts over as well where a part that was on its way brought it back: it takes no others', () => {
    const record = transferring({ cursor: 4 });
    const known = { ledger: ledger(0, 3), object: 'foreign' } as const;
    const decision = decided(record, known, [failedWith('UploadLost', 2)]);
    expect(decision.record).toMatchObject({ status: 'planning', restarts: 1 });
    expect(decision.record.toAbort).toHaveLength(1);
  });

  it('not for what a worker of an earlier plan says', () => {
    const decision = decided(transferring(), { ledger: ledger(1) }, [
      { ...failedWith('UploadLost', 2), planId: 'old' },
    ]);
    expect(decision.record).toMatchObject({ status: 'transferring', restarts: 0 });
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
