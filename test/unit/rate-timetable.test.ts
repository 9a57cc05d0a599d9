import { afterEach, describe, expect, it } from 'vitest';
import { rateLimit } from '../../lib/local/sources/limit-rate.ts';
import { parseRateTimetable, rateAt, wallTime } from '../../lib/values/rate-timetable.ts';
import type { Clock } from '../../lib/values/time.ts';

const MIB = 1024 ** 2;
const TZ = process.env['TZ'];

afterEach(() => {
  if (TZ === undefined) delete process.env['TZ'];
  else process.env['TZ'] = TZ;
});

const at = (text: string, day: number, hours: number, minutes = 0) =>
  rateAt(parseRateTimetable(text) ?? [], { day, hours, minutes });
const WORK = 'Mon-Fri 8:00=1MiB,Mon-Fri 18:00=2MiB,Sat 0:00=off';

describe('a timetable of rates', () => {
  it.each([
    ['10MiB', 3, 12, 0, 10 * MIB],
    ['10MiB/s', 0, 0, 0, 10 * MIB],
    ['off', 3, 12, 0, undefined],
    ['8:00=10MiB,18:00=off', 1, 7, 59, undefined],
    ['8:00=10MiB,18:00=off', 1, 8, 0, 10 * MIB],
    ['8:00=10MiB,18:00=off', 1, 17, 59, 10 * MIB],
    ['18:00=off, 8:00=10MiB', 1, 18, 0, undefined],
    // Over midnight, and over the end of the week.
    ['22:00=5MiB,6:00=1MiB', 0, 0, 0, 5 * MIB],
    ['22:00=5MiB,6:00=1MiB', 6, 23, 59, 5 * MIB],
    ['0:00=1MiB,12:00=2MiB', 4, 0, 0, MIB],
    [WORK, 1, 7, 0, undefined],
    [WORK, 1, 8, 0, MIB],
    [WORK, 5, 23, 0, 2 * MIB],
    [WORK, 6, 0, 0, undefined],
    [WORK, 0, 12, 0, undefined],
    [WORK, 3, 3, 0, 2 * MIB],
    ['Sat-Mon 1:00=1MiB,Tue 1:00=2MiB', 0, 5, 0, MIB],
    ['Sat-Mon 1:00=1MiB,Tue 1:00=2MiB', 6, 0, 30, 2 * MIB],
  ])('%s on day %i at %i:%i is %s', (text, day, hours, minutes, rate) => {
    expect(at(text, day, hours, minutes)).toBe(rate);
  });

  it.each([
    '',
    '8:00',
    '24:00=1MiB',
    '8:60=1MiB',
    '8:00=fast',
    '8:00=0',
    '0',
    '-1',
    '8:00=1MiB,8:00=2MiB',
    '1MiB,2MiB',
  ])('%j is none', (text) => {
    expect(parseRateTimetable(text)).toBeUndefined();
  });

  it.each(['Xyz 8:00=1MiB', 'Mon-Xyz 8:00=1MiB', 'Mon8:00=1MiB', '8:00=1MiB,', ',', '=', '8:00==1MiB'])(
    '%j is none, either',
    (text) => {
      expect(parseRateTimetable(text)).toBeUndefined();
    },
  );

  it('goes by the clock on the wall, where an hour is left out and where one comes twice', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const rate = (iso: string) => rateAt(parseRateTimetable('2:30=1MiB,8:00=off') ?? [], wallTime(Date.parse(iso)));
    // 2026-03-29: from 2:00 to 3:00.
    expect([rate('2026-03-29T00:59:00Z'), rate('2026-03-29T01:00:00Z')]).toEqual([undefined, MIB]);
    // 2026-10-25: from 3:00 back to 2:00.
    expect(['T00:29', 'T00:30', 'T01:00', 'T01:30', 'T07:00'].map((time) => rate(`2026-10-25${time}:00Z`))).toEqual([
      undefined,
      MIB,
      undefined,
      MIB,
      undefined,
    ]);
  });
});

describe('the rate of all readers', () => {
  /** Time passes only in sleeps. */
  function clockAt(start: string) {
    const state = { now: Date.parse(start), slept: 0 };
    const clock: Clock = {
      now: () => state.now,
      async sleep(ms, signal) {
        signal.throwIfAborted();
        state.now += ms;
        state.slept += ms;
        onSleep();
      },
    };
    let onSleep = () => {};
    const then = (next: () => void) => {
      onSleep = next;
    };
    return { state, clock, onSleep: then };
  }
  const never = new AbortController().signal;

  it('is another one as soon as the timetable says so, for who waits already, too', async () => {
    process.env['TZ'] = 'UTC';
    const { state, clock } = clockAt('2026-01-05T17:59:55Z');
    const limit = rateLimit(parseRateTimetable('8:00=1KiB,18:00=off'), clock);
    expect(limit.bytesPerSecond).toBe(1024);
    // At 1 KiB/s it would take 1024 s.
    await limit.spend(MIB, never);
    expect(state.slept).toBeLessThanOrEqual(6_000);
    expect(limit.bytesPerSecond).toBeUndefined();
  });

  it('is another one within a second when it is changed, slower and faster', async () => {
    const { state, clock, onSleep } = clockAt('2026-01-05T12:00:00Z');
    const limit = rateLimit(parseRateTimetable('1'), clock);
    onSleep(() => limit.change(parseRateTimetable('1MiB')));
    await limit.spend(MIB, never);
    // A second until it looks again, and half a second is always free.
    expect(state.slept).toBeLessThanOrEqual(2_000);
    limit.change(parseRateTimetable('512KiB'));
    onSleep(() => {});
    const before = state.slept;
    await limit.spend(2 * MIB, never);
    expect(state.slept - before).toBeGreaterThanOrEqual(3_500);
    limit.change(undefined);
    const then = state.slept;
    await limit.spend(100 * MIB, never);
    expect(state.slept).toBe(then);
  });
});
