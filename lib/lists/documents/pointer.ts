import { PieceworkError } from '../../errors/error.ts';
import { cleaned } from '../../errors/redact.ts';
import type { Scope } from './fields.ts';

const MOST_SHOWN = 300;

/** A pointer with `*`: up to the first one a document is read as a stream; what lies deeper is in memory. */
export interface ItemPointer {
  readonly outer: readonly string[];
  readonly inner: readonly string[];
}

/**
 * Without `*` at its end, the elements of what it points to are meant.
 * @throws PieceworkError `InvalidOption`
 */
export function itemPointer(text: string): ItemPointer {
  const trimmed = text.endsWith('/') ? text.slice(0, -1) : text;
  if (trimmed !== '' && !trimmed.startsWith('/')) {
    throw new PieceworkError(
      'InvalidOption',
      `--items: ${cleaned(text, 100)} is no JSON pointer; it looks like /files`,
    );
  }
  const segments = trimmed
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (segments.at(-1) !== '*') segments.push('*');
  const star = segments.indexOf('*');
  return { outer: segments.slice(0, star), inner: segments.slice(star + 1) };
}

/** As it is shown: a key may be anything, a URL with its secrets too. */
export function pointerText(segments: readonly string[]): string {
  const text = segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return cleaned(text, MOST_SHOWN);
}

export interface InnerItem extends Scope {
  readonly pointer: readonly string[];
}

/** The items that lie at a path within a value that was read whole. */
export function* innerItems(
  value: unknown,
  path: readonly string[],
  pointer: readonly string[],
  values: readonly unknown[] = [],
): Generator<InnerItem> {
  const [segment, ...rest] = path;
  const around = [value, ...values];
  if (segment === undefined) {
    yield { values: around, key: pointer.at(-1) ?? '', pointer };
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const names = segment === '*' ? Object.keys(value) : [segment];
  for (const name of names) {
    if (!Object.hasOwn(value, name)) continue;
    yield* innerItems((value as Readonly<Record<string, unknown>>)[name], rest, [...pointer, name], around);
  }
}
