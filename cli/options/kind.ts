import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DigestAlgorithm } from '../../lib/transfer/digests.ts';
import { DIGEST_HEX_LENGTH } from '../../lib/transfer/digests.ts';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../lib/values/units.ts';

/** What a kind of option takes: as text from flags and environment, and in the config file. */
export interface Kind<T> {
  /** Stands for the value in the help. Absent: a switch, which takes none. */
  readonly placeholder?: string;
  readonly isRepeatable?: boolean;
  /** All there is to choose from; shell completion offers them. */
  readonly choices?: readonly string[];
  /** The shape of the value in the config file, before it is read as text like any other. */
  readonly shape: z.ZodType<ConfigValue>;
  /** @throws BadValue, whose message never shows a secret. */
  parse(texts: readonly string[]): T;
}

export type ConfigValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, string | number | boolean>>;

/** Why a value can't be taken, as the second half of a sentence that begins with where it was given. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

const text = z.string({ error: 'is to be a text' });
const amount = z.union([z.number(), z.string()], { error: 'is to be a number or a text' });

function oneText<T>(placeholder: string, shape: z.ZodType<ConfigValue>, parse: (text: string) => T): Kind<T> {
  // A flag given twice means the second one, as everywhere.
  return { placeholder, shape, parse: (texts) => parse((texts.at(-1) ?? '').trim()) };
}

export const toggle: Kind<boolean> = {
  shape: z.boolean({ error: 'is to be true or false' }),
  parse(texts) {
    const given = (texts.at(-1) ?? '').toLowerCase();
    if (['1', 'true', 'yes', 'on'].includes(given)) return true;
    if (['0', 'false', 'no', 'off'].includes(given)) return false;
    throw new BadValue(`${show(given)} is neither true nor false`);
  },
};

export function integer(least: number, most: number): Kind<number> {
  return oneText('N', amount, (given) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new BadValue(`${show(given)} is not a whole number from ${least} to ${most}`);
  });
}

export function bytes(least: number): Kind<number> {
  return oneText('SIZE', amount, (given) => bytesOf(given, least, 'a size such as 16MiB, 500kB or 1048576'));
}

/** Bytes per second; `/s` may be written. */
export function rate(least: number): Kind<number> {
  return oneText('RATE', amount, (given) =>
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
  return oneText('TIME', amount, (given) => {
    const value = parseDuration(given);
    if (value === undefined) throw new BadValue(`${show(given)} is not a time such as 30s, 5m, 1h30m or 45 (seconds)`);
    if (value >= leastMs && value <= mostMs) return value;
    throw new BadValue(`${show(given)} is not within ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`);
  });
}

/** One of `choices`; `aliases` are other tools' words for them. */
export function choice<const T extends string>(
  choices: readonly T[],
  aliases: Readonly<Record<string, T>> = {},
): Kind<T> {
  const parse = (given: string): T => {
    const found = choices.find((one) => one === given.toLowerCase()) ?? aliases[given];
    if (found !== undefined) return found;
    throw new BadValue(`${show(given)} is none of ${choices.join(', ')}`);
  };
  return { ...oneText('WHICH', text, parse), choices };
}

export function anyText(placeholder: string): Kind<string> {
  return oneText(placeholder, text, (given) => {
    if (given === '') throw new BadValue('it is empty');
    return given;
  });
}

export function matching(placeholder: string, pattern: RegExp, wanted: string): Kind<string> {
  return oneText(placeholder, text, (given) => {
    if (pattern.test(given)) return given;
    throw new BadValue(`${show(given)} is not ${wanted}`);
  });
}

/** An `http:` or `https:` URL; it may hold a password by mistake, so it is not shown. */
export const endpoint: Kind<string> = oneText('URL', text, (given) => {
  const url = URL.parse(given);
  if (url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.search === '') {
    return given;
  }
  throw new BadValue('it is to be the http: or https: URL of a store, without user, password and query');
});

export function digest(algorithm: DigestAlgorithm): Kind<string> {
  const length = DIGEST_HEX_LENGTH[algorithm];
  return oneText('HEX', text, (given) => {
    if (given.length === length && /^[0-9a-f]+$/i.test(given)) return given.toLowerCase();
    throw new BadValue(`${show(given)} is not a ${algorithm}, which has ${length} hexadecimal digits`);
  });
}

/** A value that is never shown. `@file` reads it from a file, so that it stands in no process list and no history. */
export const secret: Kind<string> = oneText('SECRET', text, (given) => {
  const value = given.startsWith('@') ? fromFile(given.slice(1)).trim() : given;
  if (value === '') throw new BadValue('it is empty');
  return value;
});

export const userAndPassword: Kind<{ readonly user: string; readonly password: string }> = {
  ...oneText('USER:PASS', text, (given) => {
    const value = secret.parse([given]);
    const colon = value.indexOf(':');
    if (colon < 0) throw new BadValue('it is to be user:password, or @file with a file that holds just that');
    return { user: value.slice(0, colon), password: value.slice(colon + 1) };
  }),
};

/** `Name: value`, or `@file` with one on each line. */
export const headers: Kind<Readonly<Record<string, string>>> = {
  placeholder: 'HEADER',
  isRepeatable: true,
  shape: z.array(text, { error: 'is to be a list of "Name: value"' }),
  parse(texts) {
    const collected = new Map<string, string>();
    for (const line of texts.flatMap((given) => (given.startsWith('@') ? linesOf(given.slice(1)) : [given]))) {
      const { name, value } = header(line);
      const before = collected.get(name);
      // What HTTP says of a field given twice (RFC 9110 §5.3); cookies are the exception (RFC 6265 §5.4).
      collected.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`);
    }
    return Object.fromEntries(collected);
  },
};

/** curl's way: a `;` in place of the colon sends the header without a value. */
function header(line: string): { readonly name: string; readonly value: string } {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?::\s*(.*\S)\s*|;\s*)$/.exec(line);
  if (match?.[1] === undefined) {
    throw new BadValue('it is to be "Name: value" (or "Name;" for an empty one), or @file with one on each line');
  }
  return { name: match[1].toLowerCase(), value: match[2] ?? '' };
}

/** `name=value`, repeatable; in the config file an object. */
export function pairs(): Kind<Readonly<Record<string, string>>> {
  return {
    placeholder: 'NAME=VALUE',
    isRepeatable: true,
    shape: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]), {
      error: 'is to be an object of names and values',
    }),
    parse(texts) {
      const collected: [string, string][] = [];
      for (const given of texts) {
        const equals = given.indexOf('=');
        if (equals < 1) throw new BadValue(`${show(given.slice(0, 40))} is not NAME=VALUE`);
        collected.push([given.slice(0, equals).trim(), given.slice(equals + 1)]);
      }
      return Object.fromEntries(collected);
    },
  };
}

function linesOf(path: string): readonly string[] {
  return fromFile(path)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

function fromFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new BadValue(`the file ${path} can't be read (${why})`, { cause });
  }
}

function show(given: string): string {
  return given === '' ? 'an empty text' : `"${given}"`;
}
