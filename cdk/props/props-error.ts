/** Says in one sentence what is wrong with the props of the construct. */
export class PieceworkPropsError extends Error {
  override readonly name = 'PieceworkPropsError';
}

/** A misspelt prop would otherwise be a default. In JavaScript nothing else says so. */
export function refuseUnknown(owner: string, what: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null)
    throw new PieceworkPropsError(`${owner} needs an object of props, and was given ${String(given)}.`);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new PieceworkPropsError(`${owner} has no ${what} "${unknown}"; it has ${known.join(', ')}.`);
}
