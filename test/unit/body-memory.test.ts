import { describe, expect, it } from 'vitest';
import type { WindowNeed } from '../../lib/local/engine/body-memory.ts';
import { bodyMemory } from '../../lib/local/engine/body-memory.ts';
import type { Window } from '../../lib/values/bytes.ts';

const MIB = 1024 ** 2;
const never = new AbortController().signal;

/** Nothing is really allocated: what counts is how much is asked for. */
const memory = () => bodyMemory((bytes) => ({ length: bytes }) as Uint8Array);

function need(windowMib: number, windowCount: number, streamWindows = windowCount): WindowNeed {
  return { windowBytes: windowMib * MIB, windowCount, streamWindows };
}

/** Lets everything that can go on go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What of it has been lent so far. */
function lentOf(asked: readonly Promise<Window>[]): Window[] {
  const lent: Window[] = [];
  for (const window of asked) void window.then((got) => lent.push(got));
  return lent;
}

describe('the body memory of one machine', () => {
  it('is 96 MiB, whatever the transfers that run ask for', async () => {
    const shared = memory();
    const transfers = [need(8, 8), need(6, 16), need(1, 64)].map((each) => shared.windows(each));
    const lent = lentOf(transfers.flatMap((windows) => Array.from({ length: 64 }, () => windows.borrow(never))));
    for (let round = 0; round < 300; round += 1) {
      await turn();
      expect(shared.allocatedBytes).toBeLessThanOrEqual(96 * MIB);
      lent[round]?.[Symbol.dispose]();
    }
    expect(lent).toHaveLength(192);
  });

  it('is as much as one transfer was asked to have, where that is more', async () => {
    const shared = memory();
    using windows = shared.windows(need(1, 200));
    const lent = lentOf(Array.from({ length: 300 }, () => windows.borrow(never)));
    await turn();
    expect(lent).toHaveLength(200);
  });

  it('is lent to one transfer after the other', async () => {
    const shared = memory();
    using big = shared.windows(need(48, 2));
    using small = shared.windows(need(48, 2));
    const first = await Promise.all([big.borrow(never), big.borrow(never)]);
    const bigLent = lentOf([big.borrow(never), big.borrow(never)]);
    const smallLent = lentOf([small.borrow(never)]);
    for (const window of first) window[Symbol.dispose]();
    await turn();
    expect([bigLent.length, smallLent.length]).toEqual([1, 1]);
  });

  it('is used again, and goes when the last transfer that could use it does', async () => {
    const shared = memory();
    const one = shared.windows(need(8, 8));
    const other = shared.windows(need(8, 4));
    (await one.borrow(never))[Symbol.dispose]();
    (await other.borrow(never))[Symbol.dispose]();
    expect(shared.allocatedBytes).toBe(8 * MIB);
    one[Symbol.dispose]();
    expect(shared.allocatedBytes).toBe(8 * MIB);
    other[Symbol.dispose]();
    expect(shared.allocatedBytes).toBe(0);
  });

  it('of one size makes room for another', async () => {
    const shared = memory();
    using small = shared.windows(need(1, 96));
    using large = shared.windows(need(8, 12));
    for (const window of await Promise.all(Array.from({ length: 96 }, () => small.borrow(never))))
      window[Symbol.dispose]();
    expect(shared.allocatedBytes).toBe(96 * MIB);
    using _window = await large.borrow(never);
    expect(shared.allocatedBytes).toBeLessThanOrEqual(96 * MIB);
  });

  it('leaves pieces half of it beside streams, which keep theirs for long', async () => {
    const shared = memory();
    using streams = shared.windows(need(8, 8, 1));
    using pieces = shared.windows(need(8, 8));
    const streaming = lentOf(Array.from({ length: 12 }, () => streams.borrowAll(never)));
    await turn();
    expect(streaming).toHaveLength(6);
    const fetching = lentOf(Array.from({ length: 12 }, () => pieces.borrow(never)));
    await turn();
    expect(fetching).toHaveLength(6);
    streaming[0]?.[Symbol.dispose]();
    await turn();
    expect(streaming).toHaveLength(7);
  });

  it('lets pieces go on beside one stream that has all of it', async () => {
    const shared = memory();
    using stream = shared.windows(need(6, 16));
    using pieces = shared.windows(need(8, 8));
    using slab = await stream.borrowAll(never);
    expect(slab.bytes).toHaveLength(96 * MIB);
    const fetching = lentOf(Array.from({ length: 12 }, () => pieces.borrow(never)));
    await turn();
    expect(fetching).toHaveLength(6);
  });

  it('takes a window back once, however often it is given', async () => {
    const shared = memory();
    using windows = shared.windows(need(48, 2));
    const window = await windows.borrow(never);
    await windows.borrow(never);
    window[Symbol.dispose]();
    window[Symbol.dispose]();
    const lent = lentOf([windows.borrow(never), windows.borrow(never)]);
    await turn();
    expect(lent).toHaveLength(1);
  });
});
