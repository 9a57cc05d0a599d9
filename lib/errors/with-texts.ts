import { PieceworkError } from './error.ts';

/**
 * The same error with each of its texts changed by `hidden`. Its cause is left out unless nothing in it would change.
 */
export function withTexts(error: PieceworkError, hidden: (text: string) => string): PieceworkError {
  const { code, details, cause } = error;
  const isHarmless =
    cause instanceof Error && !(cause instanceof PieceworkError) && hidden(cause.message) === cause.message;
  return new PieceworkError(code, hidden(error.message), {
    details: Object.fromEntries(
      Object.entries(details).map(([name, value]) => [name, typeof value === 'string' ? hidden(value) : value]),
    ),
    ...(isHarmless ? { cause } : {}),
  });
}
