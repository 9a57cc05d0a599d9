import type { ErrorDetails } from '../../errors/error.ts';
import { PieceworkError } from '../../errors/error.ts';
import { ForeignError, framesOf } from '../../errors/foreign.ts';
import { cleaned } from '../../errors/redact.ts';

/** An error as it may stand in a log. */
export interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: ErrorDetails;
  /** Where it came from: frames only, since the head of a stack repeats the message as it was. */
  readonly frames?: readonly string[];
  readonly cause?: LoggedError;
}

const MOST_CAUSES = 3;
const MOST_CHARACTERS = 1000;
const MOST_FRAMES = 10;

/** Messages are cut and cleaned; of what is not ours, no field is kept (requests, responses, headers). */
export function loggedError(thrown: unknown, depth = 0): LoggedError {
  const error = thrown instanceof PieceworkError ? thrown : foreign(thrown);
  const { name, code, cause } = error;
  const frames = framesOf(error);
  return {
    name,
    message: cleaned(error.message, MOST_CHARACTERS),
    ...(code === undefined ? {} : { code }),
    ...(error instanceof PieceworkError && Object.keys(error.details).length > 0 ? { details: error.details } : {}),
    ...(frames.length === 0 ? {} : { frames: frames.slice(0, MOST_FRAMES).map((frame) => frame.trim()) }),
    ...(cause === undefined || depth >= MOST_CAUSES ? {} : { cause: loggedError(cause, depth + 1) }),
  };
}

function foreign(thrown: unknown): ForeignError {
  return thrown instanceof ForeignError ? thrown : new ForeignError(thrown);
}
