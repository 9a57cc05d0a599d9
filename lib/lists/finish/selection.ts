import picomatch from 'picomatch';
import { PieceworkError } from '../../errors/error.ts';
import { cleaned } from '../../errors/redact.ts';
import type { ListOptions } from '../options.ts';

const MAX_PATTERN = 1000;

/**
 * Which names are taken: of `include` one has to match, where there are any, of `exclude` none may. A pattern without
 * `/` is for the last segment; `**` is for any folders.
 * @throws PieceworkError `InvalidOption`
 */
export function selection({ include = [], exclude = [] }: ListOptions): (name: string) => boolean {
  const included = include.map((pattern) => matcher(pattern, '--include'));
  const excluded = exclude.map((pattern) => matcher(pattern, '--exclude'));
  return (name) =>
    (included.length === 0 || included.some((matches) => matches(name))) && !excluded.some((matches) => matches(name));
}

function matcher(pattern: string, option: string): (name: string) => boolean {
  if (pattern === '' || pattern.length > MAX_PATTERN) {
    throw new PieceworkError(
      'InvalidOption',
      `${option}: a pattern has 1 to ${MAX_PATTERN} characters, not ${pattern.length}`,
    );
  }
  try {
    return picomatch(pattern, { dot: true, basename: !pattern.includes('/'), nonegate: true, strictBrackets: true });
  } catch (cause) {
    throw new PieceworkError('InvalidOption', `${option}: "${cleaned(pattern, 100)}" is no pattern`, { cause });
  }
}
