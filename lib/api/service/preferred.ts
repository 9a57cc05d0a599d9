import { ApiError } from '../answers/problem.ts';
import type { Machine, Preferred } from './machine.ts';

/**
 * What a submit says of the queue.
 * @throws PieceworkError `InvalidOption`: a deployment has none.
 */
export function preferredOf({ paused, priority }: Preferred, machine: Machine | undefined): Preferred {
  const field = paused !== undefined ? 'paused' : priority !== undefined ? 'priority' : undefined;
  if (field !== undefined && machine === undefined) {
    const detail = 'a deployment runs all transfers at once: only piecework serve has a queue';
    throw new ApiError('InvalidOption', `#/${field}: ${detail}`, { errors: [{ pointer: `#/${field}`, detail }] });
  }
  return { paused, priority };
}
