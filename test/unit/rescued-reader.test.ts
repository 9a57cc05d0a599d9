import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { openRescued } from '../../lib/pipeline/fetch/rescued-reader.ts';
import { Siblings } from '../../lib/pipeline/fetch/siblings.ts';
import { fill } from '../../lib/pipeline/shared/windows.ts';
import { STRAGGLERS } from '../../lib/transfer/straggler.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import type { ByteRange } from '../../lib/values/ranges.ts';
import { handClock } from '../support/hand-clock.ts';

const SIZE = 100;
const BYTES = Uint8Array.from({ length: SIZE }, (_, index) => index + 1);
const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** What one connection does: so many bytes each so many milliseconds, until it breaks. */
interface Script {
  readonly headMs?: number;
  readonly everyMs: number;
  readonly bytes?: number;
  readonly breaksAt?: number;
  readonly refusal?: PieceworkError;
}

/**
 * A piece of 100 bytes, of which the siblings took 1 s, over scripted connections in the
 * order in which they are asked for.
 */
function bench(...scripts: readonly Script[]) {
  const clock = handClock();
  const asked: ByteRange[] = [];
  const closed: number[] = [];
  const rescues: number[] = [];
  const stop = new AbortController();
  const siblings = new Siblings(STRAGGLERS, SIZE);
  for (let count = 0; count < 5; count += 1) {
    siblings.began();
    siblings.ended({ bytes: SIZE, waitedMs: 1_000 });
  }

  async function open(range: ByteRange, signal: AbortSignal): Promise<ByteReader> {
    const number = asked.push(range);
    const script = scripts[number - 1];
    if (script === undefined) throw new Error(`connection ${number} was not expected`);
    signal.addEventListener('abort', () => closed.push(number));
    if (script.headMs !== undefined) await clock.sleep(script.headMs, signal);
    if (script.refusal !== undefined) throw script.refusal;
    const { everyMs, bytes = 1, breaksAt = Number.POSITIVE_INFINITY } = script;
    let at = range.start;
    return {
      async read(into) {
        await clock.sleep(everyMs, signal);
        if (at >= breaksAt) throw new PieceworkError('SourceReset', 'cut off');
        const chunk = BYTES.subarray(at, Math.min(at + bytes, at + into.length, range.end));
        into.set(chunk);
        at += chunk.length;
        return chunk.length;
      },
      async [Symbol.asyncDispose]() {},
    };
  }

  async function fetch() {
    await using reader = await openRescued({
      range: { start: 0, end: SIZE },
      open,
      openAgain: open,
      siblings,
      clock,
      signal: stop.signal,
      onRescue: async ({ restBytes }) => void rescues.push(restBytes),
    });
    const into = new Uint8Array(SIZE);
    expect(await fill(reader, into)).toBe(SIZE);
    expect(await reader.read(new Uint8Array(1))).toBe(0);
    return { bytes: into, afterMs: clock.now() - startedAt };
  }

  const startedAt = clock.now();
  async function run() {
    const outcome = fetch();
    outcome.catch(() => {});
    await clock.advance(1_000_000, settled);
    return await outcome;
  }
  return { run, asked, closed, rescues, siblings, stop, clock, settled, fetch };
}

const slow: Script = { everyMs: 1_000 };
const usual: Script = { everyMs: 100, bytes: 10 };

describe('a piece that is much slower than its siblings', () => {
  it('is asked for once more from where it is, and the faster connection ends it', async () => {
    const { run, asked, closed, rescues } = bench(slow, usual);
    const { bytes, afterMs } = await run();
    expect(bytes).toEqual(BYTES);
    // Late after 1.5 s with one byte; then as quick as any.
    expect(asked).toEqual([
      { start: 0, end: 100 },
      { start: 1, end: 100 },
    ]);
    expect(rescues).toEqual([99]);
    expect(afterMs).toBe(2_600);
    expect(closed).toEqual([1]);
  });

  it('is rescued before the head of its answer came, too', async () => {
    const { run, closed } = bench({ ...usual, headMs: 500_000 }, usual);
    const { bytes, afterMs } = await run();
    expect(bytes).toEqual(BYTES);
    expect(afterMs).toBe(2_600);
    expect(closed).toEqual([1]);
  });

  it('ends by its own connection when that comes to the end first; the rescue is closed', async () => {
    const { run, asked, closed } = bench({ everyMs: 2_000, bytes: SIZE }, { headMs: 3_000, ...usual });
    const { bytes, afterMs } = await run();
    expect(bytes).toEqual(BYTES);
    expect(asked).toHaveLength(2);
    expect(afterMs).toBe(4_000);
    expect(closed).toEqual([2]);
  });

  it('is rescued again when the rescue is as slow, with never more than two connections', async () => {
    const { run, asked, closed } = bench(slow, { everyMs: 1_100 }, { everyMs: 1_100 }, usual);
    expect((await run()).bytes).toEqual(BYTES);
    expect(asked).toHaveLength(4);
    expect(closed.toSorted()).toEqual([1, 2, 3]);
  });

  it('is rescued three times at most', async () => {
    const { run, asked } = bench(slow, slow, slow, slow, usual);
    expect((await run()).bytes).toEqual(BYTES);
    expect(asked).toHaveLength(4);
  });

  it('goes on by itself when the rescue is refused, and nothing else is rescued for a minute', async () => {
    const refusal = new PieceworkError('SourceBusy', '429');
    const { run, asked } = bench({ everyMs: 300 }, { everyMs: 0, refusal });
    expect((await run()).bytes).toEqual(BYTES);
    // It takes another 28 s.
    expect(asked).toHaveLength(2);
  });

  it('survives the end of its slow connection by the rescue', async () => {
    const { run, asked } = bench({ ...slow, breaksAt: 1 }, { headMs: 600, ...usual });
    expect((await run()).bytes).toEqual(BYTES);
    expect(asked).toHaveLength(2);
  });

  it('fails as it would have when both break', async () => {
    const { run } = bench({ ...slow, breaksAt: 1 }, { headMs: 600, ...usual, breaksAt: 50 });
    await expect(run()).rejects.toMatchObject({ code: 'SourceReset' });
  });

  it('keeps to the bytes that were allowed', async () => {
    const { run, asked, siblings } = bench({ everyMs: 100 });
    siblings.rescueBegan(SIZE);
    siblings.rescueEnded(SIZE, 150);
    expect((await run()).bytes).toEqual(BYTES);
    expect(asked).toHaveLength(1);
  });

  it('is stopped with everything that it has open', async () => {
    const { fetch, stop, clock, closed } = bench(slow, { everyMs: 1_000_000 });
    const outcome = fetch();
    outcome.catch(() => {});
    await clock.advance(1_900, settled);
    stop.abort(new Error('stopped'));
    await expect(outcome).rejects.toThrow('stopped');
    expect(closed.toSorted()).toEqual([1, 2]);
  });
});

it('a piece that is as quick as the others is asked for once', async () => {
  const { run, asked, closed, rescues } = bench({ everyMs: 100, bytes: 10 });
  expect((await run()).bytes).toEqual(BYTES);
  expect({ asked: asked.length, closed, rescues }).toEqual({ asked: 1, closed: [], rescues: [] });
});
