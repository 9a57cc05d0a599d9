import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { ERROR_CODES } from '../../lib/errors/codes.ts';
import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Facts, Input } from '../../lib/transfer/decide/decision.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { Status, TransferRecord } from '../../lib/transfer/record/record.ts';
import { isOver, isSettled, isTombstone } from '../../lib/transfer/record/record.ts';
import {
  adoptPlan,
  beginPlanning,
  beginSingle,
  ended,
  failed,
  retried,
  startedOver,
} from '../../lib/transfer/record/transitions.ts';
import { giveUpUpload } from '../../lib/transfer/record/transitions-uploads.ts';
import { toIso } from '../../lib/values/time.ts';
import { accepted, CANCELLED, ledger, NOW, outcomeOf, POLICY, SNAPSHOT, transferring } from '../support/a-transfer.ts';

/** The ways of protocol §3, rules 10 and 12, and of §4: what one decision may do. */
const WAYS: Readonly<Record<Status, readonly Status[]>> = {
  accepted: ['failed', 'cancelled'],
  planning: ['planning', 'failed', 'cancelled'],
  transferring: ['planning', 'finalizing', 'completed', 'failed', 'cancelled'],
  finalizing: ['completed'],
  completed: [],
  failed: [],
  cancelled: [],
};

const code = fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[]));
const error = fc.record({ code, message: fc.constant('why') });
const planId = fc.constantFrom('plan0', 'plan1');
const task = fc.record({
  planId,
  pieceNumber: fc.integer({ min: 1, max: 11 }),
  attempt: fc.integer({ min: 1, max: 4 }),
});

const input: fc.Arbitrary<Input> = fc.oneof(
  task.map(
    (of) =>
      ({ kind: 'result', v: 1, transferId: '01TRANSFER', ...of, outcome: 'done', bytes: 10, elapsedMs: 1 }) as const,
  ),
  fc.tuple(task, error).map(
    ([of, why]) =>
      ({
        kind: 'result',
        v: 1,
        transferId: '01TRANSFER',
        ...of,
        outcome: 'failed',
        bytes: 0,
        elapsedMs: 1,
        error: why,
      }) as const,
  ),
  task.map((of) => ({ kind: 'dead', v: 1, task: { kind: 'piece', v: 1, transferId: '01TRANSFER', ...of } }) as const),
  fc.constant({ kind: 'tick' } as const),
  fc.constant({ kind: 'cancel', reason: CANCELLED } as const),
  fc.tuple(planId, error).map(([of, why]) => ({ kind: 'unplanned', planId: of, error: why }) as const),
  fc.tuple(planId, error).map(([of, why]) => ({ kind: 'unfinished', planId: of, error: why }) as const),
  planId.map(
    (of) => ({ kind: 'finished', planId: of, result: { sizeBytes: 100, version: 'validator', digests: {} } }) as const,
  ),
  planId.map(
    (of) =>
      ({
        kind: 'streamed',
        planId: of,
        plan: { mode: 'stream', pieceSizeBytes: 10, sizeBytes: 25, pieceCount: 3 },
        proved: {},
      }) as const,
  ),
);

const facts: fc.Arbitrary<Facts> = fc.record({
  ledger: fc.oneof(
    fc.constant('gone' as const),
    fc
      .integer({ min: 0, max: 10 })
      .chain((through) =>
        fc
          .uniqueArray(fc.integer({ min: 1, max: 10 }))
          .map((done) => ledger(through, ...done.filter((number) => number > through + 1))),
      ),
  ),
  object: fc.constantFrom('ours', 'foreign'),
  places: fc.integer({ min: 1, max: 8 }),
});

const start: fc.Arbitrary<TransferRecord> = fc
  .record({
    status: fc.constantFrom<Status>(
      'accepted',
      'planning',
      'transferring',
      'finalizing',
      'completed',
      'failed',
      'cancelled',
    ),
    stream: fc.boolean(),
    cursor: fc.integer({ min: 1, max: 11 }),
    restarts: fc.integer({ min: 0, max: 1 }),
    onSourceChange: fc.constantFrom('fail', 'restart'),
    withoutRanges: fc.boolean(),
  })
  .map(({ status, stream, cursor, restarts, onSourceChange, withoutRanges }) => {
    const over = {
      status,
      restarts,
      cursor,
      ...(withoutRanges ? { withoutRanges } : {}),
      ...(stream ? { plan: { mode: 'stream', pieceSizeBytes: 10 } as const } : {}),
      ...(status === 'completed' ? { result: { sizeBytes: 100, version: 'validator', digests: {} } as const } : {}),
      ...(status === 'failed' || status === 'cancelled' ? { reason: CANCELLED } : {}),
    };
    return status === 'accepted' || status === 'planning'
      ? { ...accepted({ onSourceChange }), status, planId: 'plan1', restarts }
      : transferring(over, { onSourceChange });
  });

describe('whatever comes in, a decision', () => {
  const history = fc.array(fc.tuple(facts, fc.array(input, { maxLength: 4 }), fc.integer({ min: 0, max: 1_000_000 })), {
    maxLength: 12,
  });

  /** Every decision of a history, each made of the record that the one before left. */
  function walk(
    first: TransferRecord,
    steps: typeof history extends fc.Arbitrary<infer T> ? T : never,
    see: (before: TransferRecord, after: TransferRecord) => void,
  ): void {
    let record = first;
    let now = NOW;
    for (const [known, inputs, passedMs] of steps) {
      now += passedMs;
      const { record: after } = outcomeOf(decide(narrow(record), known, inputs, now, POLICY));
      see(record, after);
      record = after;
    }
  }

  it('takes the ways of the status machine only, and gives a reason for each bad end', () => {
    fc.assert(
      fc.property(start, history, (first, steps) => {
        walk(first, steps, (before, after) => {
          if (before.status !== after.status) expect(WAYS[before.status]).toContain(after.status);
          if (before.status !== after.status && isOver(after) && after.status !== 'completed')
            expect(after.reason).toBeDefined();
        });
      }),
    );
  });

  it('never takes back an answer: attempts go up by one, restarts by one, the cursor up', () => {
    fc.assert(
      fc.property(start, history, (first, steps) => {
        walk(first, steps, (before, after) => {
          expect(after.restarts - before.restarts).toBeOneOf([0, 1]);
          expect(after.restarts).toBeLessThanOrEqual(1);
          if (before.status !== 'transferring' || after.status !== 'transferring') return;
          expect(after.cursor).toBeGreaterThanOrEqual(before.cursor);
          for (const [number, { attempt }] of Object.entries(after.trouble)) {
            expect(attempt - (before.trouble[number]?.attempt ?? 1)).toBeOneOf([0, 1]);
          }
        });
      }),
    );
  });

  it('never loses an upload: it stays in the record, or is named for the abort', () => {
    fc.assert(
      fc.property(start, history, (first, steps) => {
        walk(first, steps, (before, after) => {
          if (before.upload === undefined) return;
          const named = [after.upload, ...after.toAbort.map(({ upload }) => upload)].map((upload) => upload?.id);
          expect(named).toContain(before.upload.id);
        });
      }),
    );
  });

  it('stores nothing when nothing is decided: the same record comes back', () => {
    fc.assert(
      fc.property(start, facts, (record, known) => {
        const decision = outcomeOf(decide(narrow(record), known, [], NOW, POLICY));
        if (decision.commands.length === 0) expect(decision.record).toBe(record);
      }),
    );
  });
});

describe('the transitions', () => {
  const intent = { planId: 'plan2', at: toIso(NOW) };

  it('beginPlanning records the intent before anything is created, and forgets what an older plan proved', () => {
    const record = beginPlanning({ ...accepted(), proved: { md5: 'x' } }, 'plan2', NOW);
    expect(record).toMatchObject({ status: 'planning', planId: 'plan2', creating: [intent] });
    expect(record).not.toHaveProperty('proved');
  });

  it('beginPlanning keeps the upload of an earlier run for comparison, and gives up that of a stream it takes over', () => {
    const held = { ...transferring(), status: 'accepted' } as const;
    expect(beginPlanning(held, 'plan2', NOW)).toMatchObject({ upload: { id: 'upload1' }, toAbort: [] });
    const stream = { ...transferring(), plan: { mode: 'stream', pieceSizeBytes: 10 } } as const;
    expect(beginPlanning(stream, 'plan2', NOW)).toMatchObject({ toAbort: [{ upload: { id: 'upload1' } }] });
  });

  it('adoptPlan brings plan and upload in and the intent out, and leaves other intents', () => {
    const creating = [intent, { planId: 'plan0', at: toIso(NOW) }];
    const before = { ...accepted(), status: 'planning', creating } as const;
    const upload = { id: 'upload2', token: '01TRANSFER.plan2' };
    const plan = { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 } as const;
    const record = adoptPlan(before, {
      plan,
      planId: 'plan2',
      snapshot: SNAPSHOT,
      upload,
      doneThrough: 3,
      quietUntil: NOW,
    });
    expect(record).toMatchObject({
      status: 'transferring',
      upload,
      plan,
      cursor: 4,
      doneThrough: 3,
      creating: [{ planId: 'plan0' }],
    });
  });

  it('beginSingle says finalizing before the put, with what was proved', () => {
    const before = { ...accepted(), status: 'planning', creating: [intent] } as const;
    const put = {
      plan: { mode: 'single', sizeBytes: 3 },
      snapshot: SNAPSHOT,
      proved: { sha256: 'x' },
      quietUntil: NOW,
    } as const;
    expect(beginSingle(before, 'plan2', put)).toMatchObject({
      status: 'finalizing',
      planId: 'plan2',
      creating: [],
      proved: { sha256: 'x' },
    });
  });

  it('giveUpUpload names it once', () => {
    const once = giveUpUpload({ ...transferring(), status: 'failed', reason: CANCELLED });
    expect(once.toAbort).toEqual([{ upload: { id: 'upload1', token: '01TRANSFER.plan1' } }]);
    expect(giveUpUpload(once)).toBe(once);
  });

  it.each(['failed', 'cancelled'] as const)('an ending to %s ends with its reason', (to) => {
    const record = ended({ ...transferring(), status: 'finalizing', ending: { to, reason: CANCELLED } }, NOW);
    expect(record).toMatchObject({ status: to, reason: CANCELLED });
    expect(record.ending).toBeUndefined();
  });

  it('an ending to restart begins with a new plan, and remembers what type the source had', () => {
    const of = { to: 'restart', reason: CANCELLED } as const;
    const typed = { ...transferring(), snapshot: { ...SNAPSHOT, contentType: 'application/zip' } };
    const record = ended({ ...typed, status: 'finalizing', ending: of }, NOW);
    expect(record).toMatchObject({ status: 'planning', cursor: 1, typeBefore: 'application/zip' });
    for (const field of ['ending', 'upload', 'plan', 'planId', 'snapshot']) expect(record).not.toHaveProperty(field);
    if (record.status !== 'planning') throw new Error('it did not start over');
    // The second time there may be no snapshot, or one without a type.
    expect(startedOver(record, NOW).typeBefore).toBe('application/zip');
    expect(startedOver({ ...record, snapshot: SNAPSHOT }, NOW).typeBefore).toBe('application/zip');
    expect(startedOver(transferring(), NOW)).not.toHaveProperty('typeBefore');
  });

  it('a retry is a run of its own, with fresh budgets, and keeps what could be gone on with', () => {
    const record = failed(transferring({ planFailures: 3, restarts: 1, requeues: 2, announced: true }), CANCELLED, NOW);
    const again = retried(record, NOW + 1000);
    expect(again).toMatchObject({
      status: 'accepted',
      run: 2,
      planFailures: 0,
      restarts: 0,
      requeues: 0,
      trouble: {},
      announced: false,
      upload: { id: 'upload1' },
      deadlineAt: toIso(NOW + 1000 + record.request.options.deadlineMs),
    });
    for (const field of ['reason', 'endedAt', 'heldUntil', 'result']) expect(again).not.toHaveProperty(field);
    expect(retried(record, NOW, { actedBy: 'ben' })).toMatchObject({ owner: 'local', actedBy: 'ben' });
    expect(retried({ ...record, actedBy: 'ben' }, NOW)).not.toHaveProperty('actedBy');
  });
});

it('a new record was told to nobody, and is no tombstone; only an abandoned submit is one', () => {
  expect(accepted().announced).toBe(false);
  const abandoned = { code: 'SubmitAbandoned', message: 'why' } as const;
  expect(isTombstone(failed(accepted(), abandoned, NOW))).toBe(true);
  expect(isTombstone(failed(accepted(), CANCELLED, NOW))).toBe(false);
  expect(isTombstone({ ...accepted(), reason: abandoned })).toBe(false);
});

describe('a transfer is settled', () => {
  const { upload: _, ...rest } = transferring();
  const settled: TransferRecord = { ...rest, status: 'completed', announced: true };

  it('when it is over, told, and names nothing that is left', () => {
    expect(isSettled(settled)).toBe(true);
  });

  it.each<readonly [string, Partial<TransferRecord>]>([
    ['it is open', { status: 'transferring' }],
    ['its end was not told', { announced: false }],
    ['an upload is held', { upload: { id: 'u', token: 't' } }],
    ['an upload is to be aborted', { toAbort: [{ upload: { id: 'u', token: 't' } }] }],
    ['a Create is unsure', { creating: [intentOf('plan0')] }],
    ['a staging object stands', { stagedObject: true }],
  ])('but not while %s', (_name, over) => {
    expect(isSettled({ ...settled, ...over })).toBe(false);
  });
});

function intentOf(planId: string) {
  return { planId, at: toIso(NOW) };
}
