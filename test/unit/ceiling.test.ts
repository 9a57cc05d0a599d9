import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ceiling } from '../../lib/transfer/decide/ceiling.ts';
import { ceilingAfter, firstCeiling, hostSigns, isRemembered, placesUnder } from '../../lib/transfer/decide/ceiling.ts';
import { dead, done, failedWith, NOW, TICK, transferring } from '../support/a-transfer.ts';

const quiet = { busy: 0, borne: 0, cut: 0, doneMs: [], wanted: 8, now: NOW };
const at = (connections: number, over: Partial<Ceiling> = {}): Ceiling => ({
  connections,
  since: NOW - 60_000,
  patience: 64,
  crept: false,
  ...over,
});

describe('a ceiling', () => {
  it('is not known before the first refusal', () => {
    expect(ceilingAfter(undefined, { ...quiet, doneMs: [10] })).toBeUndefined();
  });

  it('is half of what was wanted at the first 429, one less at a cut, and never under one', () => {
    expect(ceilingAfter(undefined, { ...quiet, busy: 4 })).toEqual({
      connections: 4,
      since: NOW,
      patience: 64,
      crept: false,
    });
    expect(ceilingAfter(undefined, { ...quiet, cut: 4 })?.connections).toBe(7);
    expect(ceilingAfter(at(1), { ...quiet, busy: 1 })?.connections).toBe(1);
    expect(ceilingAfter(at(100), { ...quiet, busy: 1 })?.connections).toBe(4);
  });

  it('does not fall again for what was on its way at the last step', () => {
    const before = at(4, { since: NOW - 1_999 });
    expect(ceilingAfter(before, { ...quiet, busy: 3 })).toBe(before);
    expect(ceilingAfter(at(4, { since: NOW - 2_000 }), { ...quiet, busy: 3 })?.connections).toBe(2);
  });

  it('is what stood when one more was refused, where the host counts connections, however soon it is said again', () => {
    expect(ceilingAfter(undefined, { ...quiet, busy: 5, borne: 3 })?.connections).toBe(3);
    expect(ceilingAfter(at(4, { since: NOW - 10 }), { ...quiet, busy: 1, borne: 3 })?.connections).toBe(3);
    const known = at(3);
    expect(ceilingAfter(known, { ...quiet, busy: 2, borne: 3 })).toBe(known);
    expect(ceilingAfter(at(4, { crept: true }), { ...quiet, busy: 1, borne: 3 })).toMatchObject({
      connections: 3,
      patience: 128,
    });
  });

  it('creeps up after as many pieces as its patience has, not before, and not beyond what is wanted', () => {
    const pieces = { ...quiet, doneMs: [1_000, 3_000] };
    // 64 pieces of 2 s, 4 at a time: 32 s
    const tooEarly = at(4, { since: NOW - 31_999 });
    expect(ceilingAfter(tooEarly, pieces)).toBe(tooEarly);
    expect(ceilingAfter(at(4, { since: NOW - 32_000 }), pieces)).toEqual({
      connections: 5,
      since: NOW,
      patience: 64,
      crept: true,
    });
    const enough = at(8);
    expect(ceilingAfter(enough, pieces)).toBe(enough);
    const idle = at(4);
    expect(ceilingAfter(idle, quiet)).toBe(idle);
  });

  it('takes back at once the step up that was refused, and waits twice as long for the next', () => {
    const before = at(5, { since: NOW - 10, crept: true });
    expect(ceilingAfter(before, { ...quiet, busy: 1 })).toEqual({
      connections: 4,
      since: NOW,
      patience: 128,
      crept: false,
    });
    expect(ceilingAfter({ ...before, patience: 4096 }, { ...quiet, cut: 1 })?.patience).toBe(4096);
  });

  it('of a host that bears n settles at n, with fewer than 2 % refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (bears) => {
        let ceiling: Ceiling | undefined;
        let now = NOW;
        let refused = 0;
        let asked = 0;
        for (let round = 0; round < 20_000; round += 1) {
          const inUse = Math.min(ceiling?.connections ?? 16, 16);
          const busy = Math.max(0, inUse - bears);
          now += 100;
          if (round > 200) {
            asked += inUse;
            refused += busy;
          }
          ceiling = ceilingAfter(ceiling, { busy, borne: 0, cut: 0, doneMs: [100], wanted: 16, now });
        }
        expect(Math.abs((ceiling?.connections ?? 16) - bears)).toBeLessThanOrEqual(1);
        expect(refused / asked).toBeLessThan(0.02);
      }),
      { numRuns: 12 },
    );
  });

  it('is forgotten after a day', () => {
    expect(isRemembered(NOW, NOW + 86_399_999)).toBe(true);
    expect(isRemembered(NOW, NOW + 86_400_000)).toBe(false);
  });

  it('that a home begins with', () => {
    expect(firstCeiling(16, 0)).toEqual({ connections: 16, since: 0, patience: 64, crept: false });
  });
});

describe('places under a ceiling that is not shared', () => {
  it.each([
    { ceiling: undefined, parallelism: 8, wanted: 16, places: 16 },
    { ceiling: 4, parallelism: 8, wanted: 16, places: 4 },
    { ceiling: 1, parallelism: 8, wanted: 16, places: 1 },
    { ceiling: 8, parallelism: 8, wanted: 16, places: 16 },
    { ceiling: 64, parallelism: 8, wanted: 3, places: 3 },
  ])('$ceiling for $parallelism workers that want $wanted: $places', ({ ceiling, parallelism, wanted, places }) => {
    expect(placesUnder(ceiling, parallelism, wanted)).toBe(places);
  });
});

describe('what a batch says of the host', () => {
  it('counts current results only, and nothing that was merely put off', () => {
    const record = transferring({ cursor: 9 });
    const postponed = failedWith('SourceBusy', 3, {}, { postponed: true });
    const inputs = [
      done(1),
      failedWith('SourceBusy', 2),
      failedWith('SourceReset', 4),
      postponed,
      failedWith('SourceNotFound', 5),
    ];
    expect(hostSigns(record, inputs, 8, NOW)).toMatchObject({ busy: 1, cut: 1, wanted: 8, now: NOW });
    expect(hostSigns(record, inputs, 8, NOW).doneMs).toHaveLength(1);
    expect(hostSigns({ ...record, planId: 'another' }, inputs, 8, NOW)).toMatchObject({ busy: 0, cut: 0, doneMs: [] });
  });

  it('counts nothing twice: what is answered already, and what only a dead letter or a speechless worker says', () => {
    const record = transferring({ trouble: { '2': { attempt: 2, failures: 1, waits: 0, code: 'SourceBusy' } } });
    const inputs = [failedWith('SourceBusy', 2), dead(1), TICK, { ...done(3), outcome: 'failed', bytes: 0 } as const];
    expect(hostSigns(record, inputs, 8, NOW)).toMatchObject({ busy: 0, cut: 0, borne: 0, doneMs: [] });
  });

  it('counts each refusal, and takes the most connections that stood at one', () => {
    const refused = (piece: number, open?: number) =>
      failedWith('SourceBusy', piece, {}, open === undefined ? { postponed: false } : { openConnections: open });
    const record = transferring({ cursor: 9 });
    expect(hostSigns(record, [refused(1), refused(2, 3), refused(3, 5), refused(4, 4)], 8, NOW)).toMatchObject({
      busy: 4,
      borne: 5,
    });
  });
});
