import { readOrdinarySync, USER_FILE } from '../../../lib/disk/ordinary-file.ts';
import { systemReason } from '../../../lib/disk/user-file.ts';
import type { Kind } from './kind.ts';
import { BadValue, oneText } from './kind.ts';

/** A value that is never shown. `@file` reads it from a file, so that it stands in no process list and no history. */
export const secret: Kind<string> = oneText('SECRET', 'text', (given) => {
  const value = given.startsWith('@') ? fromFile(given.slice(1)).trim() : given;
  if (value === '') throw new BadValue('it is empty');
  return value;
});

export const userAndPassword: Kind<{ readonly user: string; readonly password: string }> = {
  ...oneText('USER:PASS', 'text', (given) => {
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
  shape: 'headers',
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

function linesOf(path: string): readonly string[] {
  return fromFile(path)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

function fromFile(path: string): string {
  try {
    return readOrdinarySync(path, { ...USER_FILE, mayBePipe: true });
  } catch (cause) {
    throw new BadValue(`the file ${path} can't be read (${systemReason(cause)})`, { cause });
  }
}
