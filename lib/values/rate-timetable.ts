import { parseBytes } from './units.ts';

/* Bytes per second by the time of day: `10MiB`, `off`, `8:00=10MiB,18:00=off`, `Mon-Fri 8:00=1MiB,Sat 0:00=off`. */

/** What holds from a moment of the week on, until the next one. */
interface Slot {
  /** From Sunday, 0:00. */
  readonly minute: number;
  /** `undefined` = no limit. */
  readonly bytesPerSecond: number | undefined;
}

/** In the order of the week, and not empty. */
export type RateTimetable = readonly Slot[];

/** As a clock on the wall shows it. */
export interface WallTime {
  /** 0 = Sunday. */
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const DAY_MINUTES = 1440;

/** `undefined` where it is none. */
export function parseRateTimetable(text: string): RateTimetable | undefined {
  const parts = text.split(',').map((part) => part.trim());
  const [only = ''] = parts;
  if (parts.length === 1 && !only.includes('=')) {
    const rate = parseRate(only);
    return rate === undefined ? undefined : [{ minute: 0, ...rate }];
  }
  const slots = new Map<number, Slot>();
  for (const part of parts) {
    const [, from, to, hours, minutes, given = ''] =
      /^(?:([a-z]{3})(?:-([a-z]{3}))? +)?(\d{1,2}):(\d{2}) *= *(\S.*)$/i.exec(part) ?? [];
    const rate = parseRate(given);
    const days = daysOf(from, to);
    if (rate === undefined || days === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
    for (const day of days) {
      const minute = day * DAY_MINUTES + Number(hours) * 60 + Number(minutes);
      // Two that begin at one moment contradict each other.
      if (slots.has(minute)) return undefined;
      slots.set(minute, { minute, ...rate });
    }
  }
  return [...slots.values()].sort((a, b) => a.minute - b.minute);
}

function parseRate(text: string): { readonly bytesPerSecond: number | undefined } | undefined {
  if (text.toLowerCase() === 'off') return { bytesPerSecond: undefined };
  const bytesPerSecond = parseBytes(text.replace(/\/s$/i, ''));
  return bytesPerSecond === undefined || bytesPerSecond < 1 ? undefined : { bytesPerSecond };
}

/** `Mon-Fri`, `Sat-Mon`, `Sun`; all seven where none is named. */
function daysOf(from: string | undefined, to: string | undefined): readonly number[] | undefined {
  if (from === undefined) return [0, 1, 2, 3, 4, 5, 6];
  const indexOf = (name: string) => DAYS.indexOf(name.toLowerCase() as (typeof DAYS)[number]);
  const [first, last] = [indexOf(from), indexOf(to ?? from)];
  if (first < 0 || last < 0) return undefined;
  return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => (first + index) % 7);
}

/** Before the first of the week, what the last one says holds. `undefined` = no limit. */
export function rateAt(timetable: RateTimetable, { day, hours, minutes }: WallTime): number | undefined {
  const now = day * DAY_MINUTES + hours * 60 + minutes;
  return (timetable.findLast(({ minute }) => minute <= now) ?? timetable.at(-1))?.bytesPerSecond;
}

/** The wall of this machine: a timetable follows its zone, and its summer time. */
export function wallTime(instant: number): WallTime {
  const date = new Date(instant);
  return { day: date.getDay(), hours: date.getHours(), minutes: date.getMinutes() };
}
