import type { FailureLimit } from '../../../lib/transfer/batch/stop-rules.ts';
import { parseRateTimetable } from '../../../lib/values/rate-timetable.ts';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../../lib/values/units.ts';
import type { Kind } from './kind.ts';
import { BadValue, oneText, show } from './kind.ts';

export function integer(least: number, most: number): Kind<number> {
  return oneText('N', 'amount', (given) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new BadValue(`${show(given)} is not a whole number from ${least} to ${most}`);
  });
}

export function bytes(least: number): Kind<number> {
  return oneText('SIZE', 'amount', (given) => bytesOf(given, least, 'a size such as 16MiB, 500kB or 1048576'));
}

/** Bytes per second; `/s` may be written. */
export function rate(least: number): Kind<number> {
  return oneText('RATE', 'amount', (given) => rateOf(given, least));
}

/** The same, or a timetable of them. */
export const timetable: Kind<number | string> = oneText('RATE', 'amount', (given) => {
  if (!/[=,]|^off$/i.test(given)) return rateOf(given, 1);
  if (parseRateTimetable(given) !== undefined) return given;
  const wanted = 'a timetable such as 8:00=10MiB,18:00=off or Mon-Fri 8:00=1MiB,Sat 0:00=off';
  throw new BadValue(`${show(given)} is not ${wanted}`);
});

function rateOf(given: string, least: number): number {
  return bytesOf(given.replace(/\/s$/i, ''), least, 'a speed such as 10MiB or 500kB (per second)');
}

function bytesOf(given: string, least: number, wanted: string): number {
  const value = parseBytes(given);
  if (value === undefined) throw new BadValue(`${show(given)} is not ${wanted}`);
  if (value < least) {
    const unit = /^\d+$/.test(given) ? '; a number without a unit counts bytes' : '';
    throw new BadValue(`${show(given)} is too small, the least is ${formatBytes(least)}${unit}`);
  }
  return value;
}

/** So many a minute: `60/m`, `1/s`; a number alone counts minutes. */
export const perMinute: Kind<number> = oneText('RATE', 'amount', (given) => {
  const [, number = '', unit = 'm'] = /^(\d{1,6}(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(given) ?? [];
  const value = Number(number) * { s: 60, m: 1, h: 1 / 60 }[unit as 's' | 'm' | 'h'];
  if (number !== '' && value > 0) return value;
  throw new BadValue(`${show(given)} is not a number of requests such as 60/m, 5/s or 1000/h`);
});

/** A number of failures that is borne, or a share of the entries: `10`, `5%`. */
export const failureLimit: Kind<FailureLimit> = oneText('N[%]', 'amount', (given) => {
  const [, number = '', sign] = /^(\d{1,9}(?:\.\d+)?)(%)?$/.exec(given) ?? [];
  const value = Number(number);
  if (number !== '' && sign === '%' && value <= 100) return { percent: value };
  if (number !== '' && sign === undefined && Number.isInteger(value)) return { entries: value };
  throw new BadValue(`${show(given)} is neither a number of entries nor a share of them such as 5%`);
});

export function duration(leastMs: number, mostMs: number): Kind<number> {
  return oneText('TIME', 'amount', (given) => {
    const value = parseDuration(given);
    if (value === undefined) throw new BadValue(`${show(given)} is not a time such as 30s, 5m, 1h30m or 45 (seconds)`);
    if (value >= leastMs && value <= mostMs) return value;
    throw new BadValue(`${show(given)} is not within ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`);
  });
}
