import type { ErrorDetails } from '../../errors/error.ts';
import { PieceworkError } from '../../errors/error.ts';
import { redactText } from '../../errors/redact.ts';

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

/** Messages of others are redacted; fields of others (requests, responses, headers) are left out altogether. */
export function loggedError(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return { name: typeof thrown, message: redactText(String(thrown)).slice(0, 1000) };
  const { name, message, cause, stack } = thrown;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code } : {};
  const frames = (stack ?? '')
    .split('\n')
    .filter((text) => /^\s+at /.test(text))
    .map((text) => text.trim());
  return {
    name,
    message: redactText(message).slice(0, 1000),
    ...code,
    ...(thrown instanceof PieceworkError && Object.keys(thrown.details).length > 0 ? { details: thrown.details } : {}),
    ...(frames.length === 0 ? {} : { frames: frames.slice(0, 10) }),
    ...(cause === undefined || depth >= MOST_CAUSES ? {} : { cause: loggedError(cause, depth + 1) }),
  };
}
