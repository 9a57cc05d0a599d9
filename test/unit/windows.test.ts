import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { crc32 } from '../../lib/integrity/crc32.ts';
import { bodyOf, fill, windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { ByteReader, Window } from '../../lib/values/bytes.ts';
import { patternBytes } from '../support/pattern.ts';

const MIB = 1024 ** 2;

const never = new AbortController().signal;

function pool(count: number, windowBytes = 4) {
  const allocated: number[] = [];
  const allocate = (bytes: number) => {
    allocated.push(bytes);
    return new Uint8Array(bytes);
  };
  return { allocated, windows: windowPool({ windowBytes, count, allocate }) };
}

/** Who has got a window so far, in order. */
function queueOf(asked: readonly (readonly [string, Promise<Window>])[]) {
  const served: string[] = [];
  const held = new Map<string, Window>();
  for (const [name, window] of asked) {
    void window.then(
      (got) => {
        served.push(name);
        held.set(name, got);
      },
      () => served.push(`${name} left`),
    );
  }
  const give = async (name: string) => {
    held.get(name)?.[Symbol.dispose]();
    await turn();
  };
  return { served, give };
}

/** Lets everything that can go on go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('the pool of windows', () => {
  it('allocates nothing before it is asked, and then everything at once', async () => {
    const { allocated, windows } = pool(3);
    expect(allocated).toEqual([]);
    using _one = await windows.borrow(never);
    using _two = await windows.borrow(never);
    expect(allocated).toEqual([12]);
  });

  it('lends windows that do not overlap', async () => {
    const { windows } = pool(3);
    const lent = await Promise.all([windows.borrow(never), windows.borrow(never), windows.borrow(never)]);
    for (const [index, { bytes }] of lent.entries()) bytes.fill(index + 1);
    expect(lent.map(({ bytes }) => [...bytes])).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 2],
      [3, 3, 3, 3],
    ]);
  });

  it('never lends more than there are, whatever the order of borrowing and giving back', async () => {
    const steps = fc.array(fc.record({ all: fc.boolean(), giveBack: fc.nat() }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (count, turns) => {
        const { windows } = pool(count, 1);
        const held: { readonly size: number; readonly window: Window }[] = [];
        for (const { all, giveBack } of turns) {
          const size = all ? count : 1;
          void (all ? windows.borrowAll(never) : windows.borrow(never)).then((window) => held.push({ size, window }));
          await turn();
          expect(held.reduce((sum, { size: lent }) => sum + lent, 0)).toBeLessThanOrEqual(count);
          const [back] = held.splice(giveBack % (held.length + 1), 1);
          back?.window[Symbol.dispose]();
        }
      }),
      { numRuns: 50 },
    );
  });

  it('serves in the order of asking', async () => {
    const { windows } = pool(1);
    const { served, give } = queueOf([
      ['a', windows.borrow(never)],
      ['b', windows.borrow(never)],
      ['c', windows.borrow(never)],
    ]);
    await turn();
    expect(served).toEqual(['a']);
    await give('a');
    expect(served).toEqual(['a', 'b']);
    await give('b');
    expect(served).toEqual(['a', 'b', 'c']);
  });

  it('lets a wait for all of them hold back those who come after it, so that it gets its turn', async () => {
    const { windows } = pool(2);
    const { served, give } = queueOf([
      ['a', windows.borrow(never)],
      ['all', windows.borrowAll(never)],
      ['b', windows.borrow(never)],
    ]);
    await turn();
    expect(served).toEqual(['a']);
    await give('a');
    expect(served).toEqual(['a', 'all']);
    await give('all');
    expect(served).toEqual(['a', 'all', 'b']);
  });

  it('lends all of them as one piece of memory', async () => {
    const { windows } = pool(3);
    (await windows.borrow(never))[Symbol.dispose]();
    using slab = await windows.borrowAll(never);
    expect(slab.bytes).toHaveLength(12);
  });

  it('takes a window back once, however often it is given', async () => {
    const { windows } = pool(1);
    const window = await windows.borrow(never);
    window[Symbol.dispose]();
    window[Symbol.dispose]();
    const { served } = queueOf([
      ['a', windows.borrow(never)],
      ['b', windows.borrow(never)],
    ]);
    await turn();
    expect(served).toEqual(['a']);
  });

  it('refuses who comes with an aborted signal', async () => {
    await expect(pool(1).windows.borrow(AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });

  it('lets who waits leave, and goes on with the next', async () => {
    const { windows } = pool(1);
    const leaving = new AbortController();
    const { served, give } = queueOf([
      ['a', windows.borrow(never)],
      ['all', windows.borrowAll(leaving.signal)],
      ['b', windows.borrow(never)],
    ]);
    await turn();
    leaving.abort(new Error('stop'));
    await turn();
    expect(served).toEqual(['a', 'all left']);
    await give('a');
    expect(served).toEqual(['a', 'all left', 'b']);
  });

  it('serves those whom only the one who left held back', async () => {
    const { windows } = pool(2);
    const leaving = new AbortController();
    const { served } = queueOf([
      ['a', windows.borrow(never)],
      ['all', windows.borrowAll(leaving.signal)],
      ['b', windows.borrow(never)],
    ]);
    await turn();
    leaving.abort(new Error('stop'));
    await turn();
    expect(served).toContain('b');
  });

  it('does not take a window away from who has it when his signal is aborted later', async () => {
    const { windows } = pool(2);
    const control = new AbortController();
    const window = await windows.borrow(control.signal);
    const { served } = queueOf([
      ['b', windows.borrow(never)],
      ['c', windows.borrow(never)],
    ]);
    control.abort();
    await turn();
    expect(served).toEqual(['b']);
    window[Symbol.dispose]();
    await turn();
    expect(served).toEqual(['b', 'c']);
  });
});

/** Gives the bytes in chunks, then 0; `long` has one byte more than was promised, and says so as readers do. */
function reader(bytes: Uint8Array, chunk: number, long = false): ByteReader {
  let at = 0;
  return {
    read(into) {
      if (at === bytes.length && long) return Promise.reject(new PieceworkError('BodyLong', 'there is more'));
      const part = bytes.subarray(at, at + Math.min(chunk, into.length));
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const TEN = Uint8Array.from({ length: 10 }, (_, index) => index);

describe('bringing a body into windows', () => {
  it('fills as far as the reader goes', async () => {
    const into = new Uint8Array(12);
    expect(await fill(reader(TEN, 3), into)).toBe(10);
    expect([...into.subarray(0, 10)]).toEqual([...TEN]);
  });

  it('a body that fits is whole and checksummed', async () => {
    const { windows } = pool(1, 10);
    using window = await windows.borrow(never);
    const body = await bodyOf(reader(TEN, 4), 10, window, crc32);
    expect(body).toEqual({ kind: 'whole', bytes: TEN, crc32: crc32(TEN) });
  });

  it('a body that is longer than promised is found out, not cut off', async () => {
    const { windows } = pool(1, 10);
    using window = await windows.borrow(never);
    await expect(bodyOf(reader(TEN, 4, true), 10, window, crc32)).rejects.toMatchObject({ code: 'BodyLong' });
  });

  it('a larger one comes window after window, to its end', async () => {
    const { windows } = pool(1, 4);
    using window = await windows.borrow(never);
    const body = await bodyOf(reader(TEN, 3), 10, window, crc32);
    if (body.kind !== 'windows') throw new Error(body.kind);
    const got: number[][] = [];
    for (let view = await body.next(); view !== undefined; view = await body.next()) got.push([...view]);
    expect(got).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  it('a larger one is handed on in bits of a quarter of a MiB, from one and the same memory', async () => {
    const { windows } = pool(1, MIB);
    using window = await windows.borrow(never);
    const bytes = patternBytes(0, MIB + 300_000);
    const body = await bodyOf(reader(bytes, 100_000), bytes.length, window, crc32);
    if (body.kind !== 'windows') throw new Error(body.kind);
    const views: Buffer[] = [];
    const places = new Set<number>();
    for (let view = await body.next(); view !== undefined; view = await body.next()) {
      views.push(Buffer.from(view));
      places.add(view.byteOffset);
    }
    expect(Math.max(...views.map(({ length }) => length))).toBe(MIB / 4);
    expect(places.size).toBe(1);
    expect(Buffer.concat(views).equals(bytes)).toBe(true);
  });

  it('a larger one that is longer than promised is found out at its end', async () => {
    const { windows } = pool(1, 5);
    using window = await windows.borrow(never);
    const body = await bodyOf(reader(TEN, 5, true), 10, window, crc32);
    if (body.kind !== 'windows') throw new Error(body.kind);
    await body.next();
    await body.next();
    await expect(body.next()).rejects.toMatchObject({ code: 'BodyLong' });
  });
});
