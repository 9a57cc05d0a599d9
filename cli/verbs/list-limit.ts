import { PieceworkError } from '../../lib/errors/error.ts';

/** Lines of a table. A program gets all, or says how many. */
export const SHOWN_BY_DEFAULT = 20;

/** How many transfers `list` shows. @throws PieceworkError `InvalidOption`. */
export function limitOf(
  { limit: given, all }: Readonly<Record<string, string | boolean | undefined>>,
  otherwise: number,
): number {
  if (given !== undefined && all === true)
    throw new PieceworkError('InvalidOption', '--all and --limit contradict each other: give one of them');
  if (all === true) return Number.POSITIVE_INFINITY;
  if (given === undefined) return otherwise;
  const limit = typeof given === 'string' && /^\d{1,6}$/.test(given) ? Number(given) : 0;
  if (limit < 1) throw new PieceworkError('InvalidOption', '--limit is to be a whole number from 1');
  return limit;
}

/** One list of two, both with the newest first: ids are ULIDs, which grow with time. */
export function merged<T>(some: readonly T[], others: readonly T[], idOf: (one: T) => string): readonly T[] {
  const left = [...others];
  return [
    ...some.flatMap((one) => {
      const newer = left.filter((other) => idOf(other) > idOf(one));
      return [...left.splice(0, newer.length), one];
    }),
    ...left,
  ];
}
