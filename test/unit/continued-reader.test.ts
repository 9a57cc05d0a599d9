import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { continuedReader } from '../../lib/pipeline/shared/bodies/continued-reader.ts';
import { fill } from '../../lib/pipeline/shared/windows.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import type { ByteRange } from '../../lib/values/ranges.ts';
import { stillPorts } from '../support/still-ports.ts';

const KIB = 1024;

/** What one answer does: so many bytes, then it fails so; without a code it brings all that was asked for. */
interface Round {
  readonly bytes?: number;
  readonly fails?: ErrorCode;
  readonly refused?: ErrorCode;
  readonly tooSlow?: boolean;
}

/** Bytes `[100, 100 + sizeBytes)` over scripted answers, in the order in which they are asked for. */
function bench(sizeBytes: number, rounds: readonly Round[]) {
  const { ports: still } = stillPorts();
  const events: PieceworkEvent[] = [];
  const slept: number[] = [];
  const asked: ByteRange[] = [];
  let open = 0;
  const ports = {
    ...still,
    events: { emit: async (event: PieceworkEvent) => void events.push(event) },
    clock: { now: () => 0, sleep: async (ms: number) => void slept.push(ms) },
  };
  async function ask(range: ByteRange): Promise<ByteReader> {
    const round = rounds[asked.push(range) - 1];
    if (round === undefined) throw new Error(`round ${asked.length} was not expected`);
    if (round.refused !== undefined) throw new PieceworkError(round.refused, 'no');
    open += 1;
    const end = round.fails === undefined ? range.end : range.start + (round.bytes ?? 0);
    let at = range.start;
    return {
      async read(into) {
        if (at === end && round.fails !== undefined)
          throw new PieceworkError(round.fails, 'broke', { details: { belowMinSpeed: round.tooSlow === true } });
        const count = Math.min(into.length, end - at);
        for (let index = 0; index < count; index += 1) into[index] = (at + index) % 251;
        at += count;
        return count;
      },
      async [Symbol.asyncDispose]() {
        open -= 1;
      },
    };
  }
  async function read() {
    const range = { start: 100, end: 100 + sizeBytes };
    const { signal } = new AbortController();
    await using reader = continuedReader(await ask(range), {
      ports,
      transferId: 'T',
      pieceNumber: 3,
      range,
      openAgain: ask,
      signal,
    });
    const into = new Uint8Array(sizeBytes);
    await fill(reader, into);
    expect(await reader.read(new Uint8Array(1))).toBe(0);
    return into;
  }
  const right = Uint8Array.from({ length: sizeBytes }, (_, index) => (100 + index) % 251);
  return { read, right, asked, slept, events, left: () => open };
}

describe('a body whose connection breaks', () => {
  it.each(['SourceReset', 'SourceStalled', 'BodyShort'] as const)(
    'goes on after %s with what it lacks',
    async (code) => {
      const { read, right, asked, events, left } = bench(100 * KIB, [
        { bytes: 20 * KIB, fails: code },
        { bytes: 70 * KIB, fails: code },
        {},
      ]);
      expect(await read()).toEqual(right);
      expect(asked.map(({ start }) => start - 100)).toEqual([0, 20 * KIB, 90 * KIB]);
      expect(asked.every(({ end }) => end === 100 + 100 * KIB)).toBe(true);
      expect(events).toMatchObject([
        { type: 'piece.continued', pieceNumber: 3, restBytes: 80 * KIB, delayMs: 0 },
        { type: 'piece.continued', pieceNumber: 3, restBytes: 10 * KIB, delayMs: 0 },
      ]);
      expect(left()).toBe(0);
    },
  );

  it('gives up after a round that brought nothing, and says what broke it', async () => {
    const { read, asked, left } = bench(1000, [{ bytes: 20, fails: 'BodyShort' }, { fails: 'SourceReset' }]);
    await expect(read()).rejects.toMatchObject({ code: 'BodyShort' });
    expect(asked).toHaveLength(2);
    expect(left()).toBe(0);
  });

  it('ends with what the rest is refused for', async () => {
    const { read } = bench(1000, [{ bytes: 20, fails: 'SourceReset' }, { refused: 'SourceChanged' }]);
    await expect(read()).rejects.toMatchObject({ code: 'SourceChanged' });
  });

  it.each(['BodyLong', 'SourceServerError', 'SourceChanged'] as const)('does not go on after %s', async (code) => {
    const { read, asked } = bench(1000, [{ bytes: 20, fails: code }]);
    await expect(read()).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(1);
  });

  it('does not go on past a least speed that was asked for', async () => {
    const { read, asked } = bench(1000, [{ bytes: 20, fails: 'SourceStalled', tooSlow: true }]);
    await expect(read()).rejects.toMatchObject({ code: 'SourceStalled' });
    expect(asked).toHaveLength(1);
  });

  it('waits longer after each poor round, and bears eight of them', async () => {
    const { read, asked, slept } = bench(
      1000,
      Array.from({ length: 20 }, () => ({ bytes: 1, fails: 'SourceReset' })),
    );
    await expect(read()).rejects.toMatchObject({ code: 'SourceReset' });
    expect(asked).toHaveLength(9);
    expect(slept).toHaveLength(8);
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(5_000);
  });

  it('counts poor rounds anew after one that was worth it', async () => {
    const poor: Round = { bytes: 1, fails: 'SourceReset' };
    const worth: Round = { bytes: 16 * KIB, fails: 'SourceReset' };
    const rounds = [...Array<Round>(8).fill(poor), worth, ...Array<Round>(8).fill(poor), {}];
    const { read, right, slept } = bench(64 * KIB, rounds);
    expect(await read()).toEqual(right);
    expect(slept).toHaveLength(16);
  });
});
