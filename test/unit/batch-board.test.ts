import { expect, it } from 'vitest';
import type { Board } from '../../lib/transfer/batch/fleet/board.ts';
import { newBoard } from '../../lib/transfer/batch/fleet/board.ts';
import { isQuiet, withGrant, withSeen } from '../../lib/transfer/batch/fleet/decide-batch.ts';
import { seenOf } from '../../lib/transfer/batch/fleet/seen.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import { toIso } from '../../lib/values/time.ts';
import { runningBatch } from '../support/a-batch.ts';

const POLICY = { quietMs: 60_000, quietCapMs: 600_000, reportMs: 60_000 };
const LEASE_MS = 90_000;

const record = runningBatch();

function boardOfOne(): Board {
  const nothing = { complete: [], counters: NO_OUTCOMES, failures: [] };
  return { ...newBoard({ id: 'b', run: 1 }, [['https://h', [1]]], 1, nothing, toIso(0)), writeId: '' };
}

/** So many turns of the shard that end in silence. @param leaseMs what each worker wrote; absent = none began */
function afterSilentTurns(count: number, leaseMs?: number): Board {
  let board = boardOfOne();
  let now = 1_000_000;
  for (let turn = 1; turn <= count; turn += 1) {
    const grant = { host: 'https://h', places: 8 };
    board = withGrant(record, board, grant, now).board;
    const lease = leaseMs === undefined ? {} : { lease: { owner: `w${turn}`, until: toIso(now + leaseMs) } };
    const seen = seenOf({ v: 1, shard: 1, outcomes: [], run: 1, ...lease }, 1);
    for (let flight = board.inFlight[1]; flight !== undefined; flight = board.inFlight[1]) {
      while (!isQuiet(flight, now, POLICY)) now += 10_000;
      board = withSeen(board, { seen: new Map([[1, seen]]), givenBack: new Map(), dead: new Map() }, now, POLICY);
    }
  }
  return board;
}

it('a shard whose order was not heard of is no dead worker while none has begun, and is sent again each time', () => {
  const board = afterSilentTurns(5);
  expect(board.lost).toEqual([]);
  expect(board.hosts['https://h']?.waiting).toEqual([[1, 1]]);
  expect(board.again).toEqual({ 1: { turn: 5, deaths: 0 } });
});

it('a shard whose workers began and were not heard of again is lost after the fourth', () => {
  expect(afterSilentTurns(3, LEASE_MS).again).toEqual({ 1: { turn: 3, deaths: 3 } });
  expect(afterSilentTurns(4, LEASE_MS)).toMatchObject({ lost: [[1, 1]], inFlight: {} });
});

it('a shard whose worker has its lease still is in flight', () => {
  const sent = withGrant(record, boardOfOne(), { host: 'https://h', places: 8 }, 0).board;
  const lease = { owner: 'w', until: toIso(80_000) };
  const seen = seenOf({ v: 1, shard: 1, outcomes: [], run: 1, lease }, 1);
  const facts = { seen: new Map([[1, seen]]), givenBack: new Map(), dead: new Map() };
  expect(withSeen(sent, facts, 70_000, POLICY).inFlight[1]).toMatchObject({ turn: 1, at: toIso(70_000) });
});
