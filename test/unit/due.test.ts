import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/transfer/decide/decide.ts';
import { isDue } from '../../lib/transfer/decide/due.ts';
import type { PiecesPlan } from '../../lib/transfer/plan/plan.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import type { Transferring } from '../../lib/transfer/record/states.ts';
import { adoptPlan } from '../../lib/transfer/record/transitions.ts';
import { toIso } from '../../lib/values/time.ts';
import { facts, NOW, outcomeOf, POLICY, transferring } from '../support/a-transfer.ts';

const HOUR_MS = 3_600_000;
const LATER = toIso(NOW + HOUR_MS);
const EARLIER = toIso(NOW - 1);
const upload = { target: { kind: 's3', bucket: 'b', key: 'k' }, id: 'upload9', token: 't' } as const;

const REASON = { code: 'SourceReset', message: 'broken off' } as const;
const failed = (changes: Partial<TransferRecord> = {}) =>
  transferring({ status: 'failed', reason: REASON, announced: true, endedAt: EARLIER, heldUntil: LATER, ...changes });
const finalizing = (changes: Partial<TransferRecord> = {}) =>
  transferring({ status: 'finalizing', quietUntil: LATER, ...changes });
const planning = (changes: Partial<TransferRecord> = {}) => {
  const { plan: _, upload: __, snapshot: ___, ...rest } = transferring({ status: 'planning', quietUntil: LATER });
  return { ...rest, ...changes };
};

describe('what a tick has to look at', () => {
  it.each<readonly [string, TransferRecord, boolean]>([
    ['failed, and its upload is held', failed(), false],
    ['failed, and the hold is over', failed({ heldUntil: EARLIER }), true],
    ['failed, and not announced', failed({ announced: false }), true],
    ['failed and held, with another upload to abort', failed({ toAbort: [{ upload }] }), true],
    ['failed and held, with an intent', failed({ creating: [{ planId: 'old', at: EARLIER }] }), true],
    ['failed and held, with an object under its staging key', failed({ stagedObject: true }), true],
    ['planned, or waiting to be', planning(), false],
    [
      'planned by a planner that is at its Create',
      planning({ creating: [{ planId: planning().planId ?? '', at: EARLIER }] }),
      false,
    ],
    ['planned, after a planner that died', planning({ creating: [{ planId: 'old', at: EARLIER }] }), true],
    ['planned, and quiet for too long', planning({ quietUntil: EARLIER }), true],
    ['planned, and its deadline is over', planning({ deadlineAt: EARLIER }), true],
    ['in pieces: its share of the host is renewed', transferring({ quietUntil: LATER }), true],
    ['about to complete', finalizing(), false],
    ['about to complete, and quiet for too long', finalizing({ quietUntil: EARLIER }), true],
    ['on its way out of that', finalizing({ ending: { to: 'failed', reason: REASON } }), true],
  ])('%s: %s', (_, record, expected) => {
    expect(isDue(narrow(record), NOW)).toBe(expected);
  });
});

describe('a tick of one in pieces', () => {
  const tick = (record: TransferRecord, places: number, now = NOW) =>
    decide(narrow(record), { ...facts({ places }), ledger: 'unread' }, [{ kind: 'tick' }], now, POLICY);
  const moving = transferring({ quietUntil: LATER, cursor: 4 });

  it('does not read the ledger while pieces are on their way and it is not quiet', () => {
    expect(outcomeOf(tick(moving, 3))).toEqual({ record: moving, commands: [] });
  });

  it('reads it once it is quiet', () => {
    expect(tick({ ...moving, quietUntil: EARLIER }, 3)).toEqual({ ask: 'ledger' });
  });

  it('does not read it for one that waits for places, however long', () => {
    const waiting = transferring({ quietUntil: EARLIER, cursor: 1 });
    expect(outcomeOf(tick(waiting, 0))).toEqual({ record: waiting, commands: [] });
  });

  it('sends pieces into the places that it has been given', () => {
    const { record, commands } = outcomeOf(tick(transferring({ quietUntil: LATER, cursor: 1 }), 2));
    expect(record.cursor).toBe(3);
    expect(commands).toMatchObject([{ kind: 'sendPieces', tasks: [{ delayMs: 0 }, { delayMs: 0 }] }]);
  });

  it('sends nothing again that an earlier run brought, where it had no places when it was planned', () => {
    const { plan, planId, snapshot, upload } = narrow(transferring()) as Transferring<PiecesPlan>;
    const planned = { ...transferring(), status: 'planning' } as const;
    const adopted = adoptPlan(planned, {
      plan,
      planId,
      snapshot,
      upload,
      doneThrough: 0,
      reported: [[2, 3]],
      quietUntil: NOW + HOUR_MS,
    });
    expect(outcomeOf(tick(adopted, 0))).toEqual({ record: adopted, commands: [] });
    const { record, commands } = outcomeOf(tick(adopted, 2));
    expect(record.cursor).toBe(5);
    expect(commands).toMatchObject([
      { kind: 'sendPieces', tasks: [{ task: { pieceNumber: 1 } }, { task: { pieceNumber: 4 } }] },
    ]);
  });

  it('reads it where all may be there: what results said is no proof', () => {
    const record = transferring({ quietUntil: LATER });
    const count = 'pieceCount' in (record.plan ?? {}) ? (record.plan as { pieceCount: number }).pieceCount : 0;
    expect(tick({ ...record, cursor: count + 1, doneThrough: count }, 2)).toEqual({ ask: 'ledger' });
  });
});
