import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Loads } from '../../lib/transfer/loads/loads.ts';
import { NO_LOADS } from '../../lib/transfer/loads/loads.ts';
import type { Pace } from '../../lib/transfer/loads/paces.ts';
import { withPace } from '../../lib/transfer/loads/paces.ts';
import type { LoadPolicy } from '../../lib/transfer/loads/shape.ts';
import { shapeOf } from '../../lib/transfer/loads/shape.ts';
import type { PieceResult } from '../../lib/transfer/messages.ts';
import { dead, done, facts, failedWith, ledger, NOW, POLICY, TICK, transferring } from '../support/a-transfer.ts';
import { decided, sentLoads } from '../support/decisions.ts';

const LOADS: LoadPolicy = {
  leastConnections: 2,
  mostConnections: 8,
  bytesPerSecond: 1_000,
  loadMs: 60_000,
  mostPerConnection: 4,
};
const policy = { ...POLICY, loads: LOADS };
const PLAN = { mode: 'pieces', sizeBytes: 1000, pieceSizeBytes: 10, pieceCount: 100 } as const;

/** A hundred pieces, of which nothing was sent. */
function fresh(loads?: Loads) {
  return transferring({ plan: PLAN, cursor: 1, ...(loads === undefined ? {} : { loads }) });
}

function ofLoad(result: PieceResult, number: number, left?: PieceResult['left']): PieceResult {
  return { ...result, elapsedMs: 1_000, ofLoad: number, ...(left === undefined ? {} : { left }) };
}

describe('the pieces of a transfer in loads', () => {
  const first = decided(fresh(), { ledger: ledger(0), places: 4 }, [], NOW, policy);

  it('begin with one piece for each of a few connections, since nothing is known of the source', () => {
    expect(sentLoads(first)).toEqual([
      { number: 1, connections: 2, pieces: [1, 2] },
      { number: 2, connections: 2, pieces: [3, 4] },
    ]);
    expect(first.record).toMatchObject({ cursor: 5, loads: { next: 3, returned: [] } });
  });

  it('give each worker more once it is known how long a piece takes, and wait until all its connections are free', () => {
    const one = decided(first.record, { ledger: 'unread', places: 4 }, [ofLoad(done(1), 1)], NOW, policy);
    expect(sentLoads(one)).toEqual([]);
    expect(one.record).toMatchObject({ reported: [[1, 1]], cursor: 5 });
    const all = decided(one.record, { ledger: 'unread', places: 4 }, [ofLoad(done(2), 1)], NOW, policy);
    expect(sentLoads(all)).toEqual([]);
    const both = [ofLoad(done(3), 2), ofLoad(done(4), 2)];
    const next = decided(all.record, { ledger: 'unread', places: 4 }, both, NOW, policy);
    // Twice as many connections are tried, four pieces each.
    expect(sentLoads(next)).toMatchObject([{ number: 3, connections: 4, pieces: { length: 16 } }]);
  });

  it('count by connections, and not by pieces: what waits in a worker takes no place', () => {
    const loads: Loads = { ...NO_LOADS, next: 2, open: [{ number: 1, connections: 2, pieces: [[1, 20]] }] };
    const record = transferring({ plan: PLAN, cursor: 21, loads });
    expect(sentLoads(decided(record, { ledger: ledger(0), places: 4 }, [TICK], NOW, policy))).toMatchObject([
      { number: 2, connections: 2 },
    ]);
  });

  it('send again at once what a worker left, and try by itself what failed', () => {
    const loads: Loads = { ...NO_LOADS, next: 2, open: [{ number: 1, connections: 2, pieces: [[1, 8]] }] };
    const record = transferring({ plan: PLAN, cursor: 9, loads });
    const failed = ofLoad(failedWith('SourceReset', 2), 1, [[3, 8]]);
    const { record: after, commands } = decided(record, { ledger: ledger(0), places: 4 }, [failed], NOW, policy);
    expect(sentLoads({ commands })).toMatchObject([{ pieces: [2] }, { number: 2, connections: 2, pieces: [3, 4] }]);
    expect(after).toMatchObject({
      trouble: { 2: { attempt: 2 } },
      loads: {
        open: [
          { number: 1, connections: 1, pieces: [[1, 1]] },
          { number: 2, pieces: [[3, 4]] },
        ],
        returned: [[5, 8]],
      },
    });
    // The same message once more says nothing new.
    const again = decided(after, { ledger: ledger(0), places: 4 }, [failed], NOW, policy);
    expect(again.record).toBe(after);
  });

  it('are not failed by what another worker says of a piece that it had before', () => {
    const loads: Loads = { ...NO_LOADS, next: 4, open: [{ number: 3, connections: 1, pieces: [[4, 8]] }] };
    const record = transferring({ plan: PLAN, cursor: 9, loads });
    const late = ofLoad(failedWith('SourceReset', 4), 1, [[5, 8]]);
    expect(decided(record, { ledger: ledger(3), places: 1 }, [late], NOW, policy).record).toBe(record);
  });

  it('fail by as many pieces as were on the connections of a worker that kept dying', () => {
    const loads: Loads = { ...NO_LOADS, next: 2, open: [{ number: 1, connections: 2, pieces: [[2, 8]] }] };
    const record = transferring({ plan: PLAN, cursor: 9, loads });
    const { task } = dead(1);
    const letter = { ...dead(1), task: { ...task, load: { number: 1, connections: 2, others: [[2, 8]] as const } } };
    const { record: after } = decided(record, { ledger: ledger(1), places: 4 }, [letter], NOW, policy);
    expect(Object.keys(after.trouble)).toEqual(['2', '3']);
    expect(after).toMatchObject({ trouble: { 2: { code: 'WorkerDied' } } });
  });

  it('do not wait for a piece that is tried again by itself, after a while', () => {
    const trouble = { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' } as const;
    const paces = [{ connections: 4, pieces: 16, elapsedMs: 16_000 }];
    const loads: Loads = { ...NO_LOADS, next: 2, paces };
    const record = transferring({ plan: PLAN, cursor: 3, loads, trouble: { 1: trouble, 2: trouble } });
    expect(sentLoads(decided(record, { ledger: ledger(0), places: 4 }, [], NOW, policy))).toMatchObject([
      { connections: 2 },
    ]);
  });

  it('are sent to one worker each while others wait for places', () => {
    const paces = [{ connections: 2, pieces: 8, elapsedMs: 800 }];
    const record = fresh({ ...NO_LOADS, paces });
    const crowded = decided(record, { ledger: ledger(0), places: 2, isCrowded: true }, [], NOW, policy);
    expect(sentLoads(crowded)).toMatchObject([{ connections: 2, pieces: [1, 2] }]);
    expect(facts({ places: 2 }).isCrowded).toBeUndefined();
  });

  it('are read of the ledger at a tick that finds a load waiting for its connections, and fewer will do then', () => {
    const loads: Loads = {
      ...NO_LOADS,
      next: 3,
      open: [{ number: 1, connections: 1, pieces: [[1, 1]] }],
      paces: [{ connections: 4, pieces: 16, elapsedMs: 16_000 }],
    };
    const record = transferring({ plan: PLAN, cursor: 2, loads });
    const held = decided(record, { ledger: ledger(0), places: 4 }, [], NOW, policy);
    expect(sentLoads(held)).toEqual([]);
    const late = decided(record, { ledger: ledger(0), places: 4 }, [TICK], NOW, policy);
    expect(sentLoads(late)).toMatchObject([{ connections: 3 }]);
  });
});

describe('how many connections a worker is given', () => {
  const pieceSizeBytes = 10;
  const shape = (paces: readonly Pace[], places = 16, unsent = 10_000) =>
    shapeOf({ paces, pieceSizeBytes, places, unsent, isCrowded: false }, LOADS);
  const shown = (connections: number, pieceMs: number): Pace => ({ connections, pieces: 32, elapsedMs: 32 * pieceMs });

  it('is doubled while no piece takes longer for it, up to the most', () => {
    expect(shape([]).connections).toBe(2);
    expect(shape([shown(2, 1000)]).connections).toBe(4);
    expect(shape([shown(2, 1000), shown(4, 1100)]).connections).toBe(8);
    expect(shape([shown(2, 1000), shown(4, 1100), shown(8, 1200)]).connections).toBe(8);
  });

  it('goes back where more of them made each slower: the source gives an address so much, and no more', () => {
    expect(shape([shown(2, 1000), shown(4, 2000)]).connections).toBe(2);
    expect(shape([shown(2, 1000), shown(4, 1100), shown(8, 2200)]).connections).toBe(4);
  });

  it('is what the worker’s network has room for, where each brings much', () => {
    // 10 bytes in 20 ms are 500 a second, of 1000.
    expect(shape([shown(2, 20)]).connections).toBe(2);
    expect(shape([shown(2, 30)]).connections).toBe(2);
    expect(shape([shown(2, 60)]).connections).toBe(4);
  });

  it('finds its number for a source that is limited by address, by connection, or not at all', () => {
    const settle = (pieceMsWith: (connections: number) => number) => {
      let paces: readonly Pace[] = [];
      for (let load = 0; load < 30; load += 1) {
        const { connections } = shape(paces);
        for (let piece = 0; piece < 2 * connections; piece += 1)
          paces = withPace(paces, connections, pieceMsWith(connections));
      }
      return shape(paces).connections;
    };
    expect(settle((connections) => 1000 * connections)).toBe(2);
    expect(settle(() => 1000)).toBe(8);
    expect(settle(() => 5)).toBe(2);
    // Four of them share what an address is given without loss, eight do not.
    expect(settle((connections) => Math.max(1000, 250 * connections))).toBe(4);
  });

  it('leaves no worker without, and gives none away that are not there', () => {
    const one = fc.record({
      places: fc.integer({ min: 1, max: 256 }),
      unsent: fc.integer({ min: 1, max: 10_000 }),
      paces: fc.array(
        fc.record({
          connections: fc.integer({ min: 1, max: 8 }),
          pieces: fc.integer({ min: 1, max: 64 }),
          elapsedMs: fc.nat(10 ** 7),
        }),
        { maxLength: 4 },
      ),
    });
    fc.assert(
      fc.property(one, ({ places, unsent, paces }) => {
        const { connections, perConnection } = shape(paces, places, unsent);
        expect(connections).toBeGreaterThanOrEqual(1);
        expect(connections).toBeLessThanOrEqual(Math.min(places, LOADS.mostConnections));
        expect(perConnection).toBeGreaterThanOrEqual(1);
        expect(perConnection).toBeLessThanOrEqual(LOADS.mostPerConnection);
        // No more than a half of the places waits for others to become free.
        if (places >= 2) expect(places % connections).toBeLessThanOrEqual(places / 2);
      }),
    );
  });
});
