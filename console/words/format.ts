/* Sizes, rates and times as people read them. Sizes have the units of the command line: KiB, MiB, GiB. */

/** What is not known. */
export const NONE = '–';

export function bytes(count: number | undefined): string {
  if (count === undefined) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = count;
  let index = 0;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  const rounded = index === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
  return `${rounded} ${units[index] ?? 'B'}`;
}

export function rate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? NONE : `${bytes(bytesPerSecond)}/s`;
}

/** Two units at most: `1 h 5 min`. */
export function seconds(total: number | undefined): string {
  if (total === undefined || !Number.isFinite(total)) return NONE;
  const whole = Math.max(0, Math.round(total));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 > 0 && minutes < 10 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return hours % 24 > 0 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`;
}

/** With two digits that say something: `$0.0034`. */
export function dollars(amount: number): string {
  if (amount >= 0.995 || amount === 0) return `$${amount.toFixed(2)}`;
  const digits = Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(amount))));
  return `$${Number(amount.toPrecision(2)).toFixed(digits)}`;
}

/** How long ago: `3 min`. */
export function age(iso: string, nowMs: number): string {
  const past = (nowMs - Date.parse(iso)) / 1000;
  if (Number.isNaN(past)) return NONE;
  if (past < 5) return 'now';
  if (past < 60) return `${Math.round(past)} s`;
  if (past < 3600) return `${Math.floor(past / 60)} min`;
  if (past < 86_400) return `${Math.floor(past / 3600)} h`;
  return `${Math.floor(past / 86_400)} d`;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

/** In the reader's zone, which it names: `30 Nov 2026, 07:15:02 GMT+1`. */
export function moment(iso: string | undefined): string {
  const at = Date.parse(iso ?? '');
  return Number.isNaN(at) ? NONE : CLOCK.format(at);
}

const HOURS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** In the reader's zone: `07:15:02`. */
export function timeOfDay(iso: string): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? NONE : HOURS.format(at);
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`;
}

export function percent(value: number | undefined): string {
  return value === undefined ? NONE : `${value} %`;
}
