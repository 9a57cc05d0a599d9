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
  return oneText('RATE', 'amount', (given) =>
    bytesOf(given.replace(/\/s$/i, ''), least, 'a speed such as 10MiB or 500kB (per second)'),
  );
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

export function duration(leastMs: number, mostMs: number): Kind<number> {
  return oneText('TIME', 'amount', (given) => {
    const value = parseDuration(given);
    if (value === undefined) throw new BadValue(`${show(given)} is not a time such as 30s, 5m, 1h30m or 45 (seconds)`);
    if (value >= leastMs && value <= mostMs) return value;
    throw new BadValue(`${show(given)} is not within ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`);
  });
}
