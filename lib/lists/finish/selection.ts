import { PieceworkError } from '../../errors/error.ts';
import { cleaned } from '../../errors/redact.ts';
import type { ListOptions } from '../options.ts';
import { glob } from './glob.ts';

const MAX_PATTERN = 1000;
const TOO_LONG = `has more than ${MAX_PATTERN} characters`;

/**
 * Which names are taken: of `include` one has to match, where there are any, of `exclude` none may.
 * @throws PieceworkError `InvalidOption`
 */
export function selection({ include = [], exclude = [] }: ListOptions): (name: string) => boolean {
  const included = include.map((pattern) => matcher(pattern, '--include'));
  const excluded = exclude.map((pattern) => matcher(pattern, '--exclude'));
  return (name) =>
    (included.length === 0 || included.some((matches) => matches(name))) && !excluded.some((matches) => matches(name));
}

function matcher(pattern: string, option: string): (name: string) => boolean {
  const read = pattern.length <= MAX_PATTERN ? readPattern(pattern) : { problem: TOO_LONG };
  if (read.problem === undefined) return read.matches;
  throw new PieceworkError('InvalidOption', `${option}: "${cleaned(pattern, 100)}" ${read.problem}`);
}

/** What is wrong with a pattern; `undefined` = nothing. */
export function patternProblem(pattern: string): string | undefined {
  return pattern.length <= MAX_PATTERN ? readPattern(pattern).problem : TOO_LONG;
}

type ReadPattern =
  | { readonly matches: (name: string) => boolean; readonly problem?: never }
  | { readonly problem: string };

function readPattern(pattern: string): ReadPattern {
  if (pattern === '') return { problem: 'is empty' };
  try {
    return { matches: glob(pattern) };
  } catch (error) {
    if (error instanceof RangeError) return { problem: `is no pattern: ${error.message}` };
    throw error;
  }
}
