import { PieceworkError } from '../errors/error.ts';
import type { Destination, Destinations } from './destination.ts';

/** Picks the destination by its locator's kind. @throws RangeError where two destinations claim one kind. */
export function destinationsByKind(list: readonly Destination[]): Destinations {
  const byKind = new Map<string, Destination>();
  for (const destination of list) {
    if (byKind.has(destination.kind)) throw new RangeError(`two destinations are of the kind ${destination.kind}`);
    byKind.set(destination.kind, destination);
  }
  return ({ kind }) => {
    const destination = byKind.get(kind);
    if (destination !== undefined) return destination;
    const known = [...byKind.keys()].join(', ');
    throw new PieceworkError(
      'InvalidDestination',
      `nothing is written to destinations of the kind ${kind} here; the kinds are ${known}`,
    );
  };
}
