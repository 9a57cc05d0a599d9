import { ApiError } from '../answers/problem.ts';
import type { Machine, Preferred } from './machine.ts';

const FIELDS = ['paused', 'priority', 'goOn'] as const;

/**
 * What a submit says to a machine.
 * @throws PieceworkError `InvalidOption`: a deployment knows no such thing.
 */
export function preferredOf({ paused, priority, goOn }: Preferred, machine: Machine | undefined): Preferred {
  const preferred = { paused, priority, goOn };
  const field = FIELDS.find((name) => preferred[name] !== undefined);
  if (field !== undefined && machine === undefined) {
    const detail =
      field === 'goOn'
        ? 'a deployment begins each transfer anew: retry the one that failed'
        : 'a deployment runs all transfers at once: only piecework serve has a queue';
    throw new ApiError('InvalidOption', `#/${field}: ${detail}`, { errors: [{ pointer: `#/${field}`, detail }] });
  }
  return preferred;
}
