import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Part } from '../../lib/transfer/plan/ledger.ts';
import { isDone, proveLedger, viewLedger } from '../../lib/transfer/plan/ledger.ts';
import type { Plan } from '../../lib/transfer/plan/plan.ts';

/** Pieces of 10, 10 and 5 bytes. */
const PLAN: Plan = { mode: 'pieces', sizeBytes: 25, pieceSizeBytes: 10, pieceCount: 3 };
const STREAM: Plan = { mode: 'stream', pieceSizeBytes: 10 };

function part(number: number, over: Partial<Part> = {}): Part {
  return { number, sizeBytes: number === 3 ? 5 : 10, crc32: number, etag: `"${number}"`, ...over };
}

function withoutChecksum({ crc32: _, ...rest }: Part): Part {
  return rest;
}

describe('a part is done', () => {
  it.each([1, 2, 3])('with its number, the size of the plan and a checksum: piece %d', (number) => {
    expect(isDone(PLAN, part(number))).toBe(true);
  });

  it.each<readonly [string, Part]>([
    ['a byte short', part(1, { sizeBytes: 9 })],
    ['a byte long', part(1, { sizeBytes: 11 })],
    ['the last one as long as the others', part(3, { sizeBytes: 10 })],
    ['without a checksum', withoutChecksum(part(1))],
    ['beyond the plan', part(4)],
    ['before the plan', part(0)],
  ])('not %s', (_, wrong) => {
    expect(isDone(PLAN, wrong)).toBe(false);
  });

  it('of a stream that goes on only when it is full', () => {
    expect(isDone(STREAM, part(7, { sizeBytes: 10 }))).toBe(true);
    expect(isDone(STREAM, part(7, { sizeBytes: 9 }))).toBe(false);
  });

  it('of a single put never: it has no ledger', () => {
    expect(isDone({ mode: 'single', sizeBytes: 10 }, part(1))).toBe(false);
  });
});

describe('the view of a ledger', () => {
  it('is empty where nothing is', () => {
    expect(viewLedger(PLAN, 0, [])).toEqual({ doneThrough: 0, done: new Set() });
  });

  it('runs through from where the record knew, and keeps what comes after a gap', () => {
    const plan: Plan = { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 };
    const tens = [3, 4, 6, 10].map((number) => part(number, { sizeBytes: 10 }));
    expect(viewLedger(plan, 2, tens)).toEqual({ doneThrough: 4, done: new Set([6, 10]) });
  });

  it('does not count what is not done', () => {
    expect(viewLedger(PLAN, 0, [part(1), part(2, { sizeBytes: 9 }), part(3)])).toEqual({
      doneThrough: 1,
      done: new Set([3]),
    });
  });

  it('leaves out what the record knew already', () => {
    expect(viewLedger(PLAN, 2, [part(1), part(2)])).toStrictEqual({ doneThrough: 2, done: new Set() });
  });

  it('knows the newest part, whatever its number', () => {
    const at = (number: number, modifiedAt: string) => part(number, { modifiedAt });
    const parts = [
      at(1, '2026-01-01T00:00:02.000Z'),
      at(2, '2026-01-01T00:00:03.000Z'),
      at(3, '2026-01-01T00:00:01.000Z'),
    ];
    expect(viewLedger(PLAN, 0, parts).newestPartAt).toBe('2026-01-01T00:00:03.000Z');
    expect(viewLedger(PLAN, 0, [...parts.slice(0, 2), part(3)]).newestPartAt).toBe('2026-01-01T00:00:03.000Z');
  });

  it('means the same, from wherever it is read', () => {
    const plan: Plan = { mode: 'pieces', sizeBytes: 300, pieceSizeBytes: 10, pieceCount: 30 };
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(numbers, fc.nat({ max: 30 }), (there, from) => {
        const all = viewLedger(
          plan,
          0,
          there.map((number) => part(number, { sizeBytes: 10 })),
        );
        const start = Math.min(from, all.doneThrough);
        const later = viewLedger(
          plan,
          start,
          there.filter((number) => number > start).map((number) => part(number, { sizeBytes: 10 })),
        );
        expect(later).toEqual(all);
      }),
    );
  });
});

describe('the proof of a ledger', () => {
  it('is its parts in the order of the plan', () => {
    expect(proveLedger(PLAN, [part(3), part(1), part(2)])).toEqual({ parts: [part(1), part(2), part(3)] });
  });

  it.each<readonly [string, readonly Part[], number]>([
    ['the first is missing', [part(2), part(3)], 1],
    ['the last is missing', [part(1), part(2)], 3],
    ['one is short', [part(1), part(2, { sizeBytes: 9 }), part(3)], 2],
    ['one has no checksum', [part(1), withoutChecksum(part(2)), part(3)], 2],
    ['one is beyond the plan', [part(1), part(2), part(3), part(4)], 4],
  ])('fails when %s, and names it', (_, parts, missing) => {
    expect(proveLedger(PLAN, parts)).toEqual({ missing });
  });

  it('of a stream needs its count: one that goes on is never proved', () => {
    expect(proveLedger(STREAM, [part(1), part(2)])).toEqual({ missing: 3 });
    expect(proveLedger({ ...STREAM, sizeBytes: 25, pieceCount: 3 }, [part(1), part(2), part(3)])).toHaveProperty(
      'parts',
    );
  });
});
