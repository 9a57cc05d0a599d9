import { printable } from '../values/text/printable.ts';
import type { ErrorCode, Reaction } from './codes.ts';
import { ERROR_CODES } from './codes.ts';
import { ForeignError } from './foreign.ts';

/** What may be stored, logged and sent of an error: redacted by construction, see `redact.ts`. */
export interface ErrorDetails {
  /** The redacted URL or name of what was talked to. */
  readonly target?: string;
  /** HTTP status of the source's answer. */
  readonly sourceStatus?: number;
  /** Code of the reply of an FTP server. */
  readonly ftpReply?: number;
  /** How long the other side asked us to wait. */
  readonly retryAfterMs?: number;
  /** How many connections of this process the other side bore when it refused one more. */
  readonly openConnections?: number;
  /** Of a denial (403): it may be a limit, since nothing in the link could have expired. */
  readonly mayBeLimit?: boolean;
  /** It was put off until the host may be asked again, and never reached it. */
  readonly postponed?: boolean;
  /** It came, and more slowly than was asked for. */
  readonly belowMinSpeed?: boolean;
  /** What the system or the service calls it: `EAI_AGAIN`, `NoSuchKey`. */
  readonly reason?: string | undefined;
  /** Of S3: the region where a bucket is, by its own answer. */
  readonly region?: string;
  readonly [name: string]: string | number | boolean | undefined;
}

/**
 * The one error that leaves any public function. `message` is a sentence for people: what happened, to which
 * (redacted) URL or path, and what to do; one line, and printable. `code` is stable; programs match on it and on
 * nothing else. `cause` is another of its kind, or a `ForeignError`.
 */
export class PieceworkError extends Error {
  override readonly name = 'PieceworkError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly details?: ErrorDetails } = {},
  ) {
    const { cause } = options;
    super(printable(message), cause === undefined ? undefined : { cause: keptCause(cause) });
    this.code = code;
    this.details = options.details ?? {};
  }

  get reaction(): Reaction {
    return ERROR_CODES[this.code].reaction;
  }
}

function keptCause(cause: unknown): Error {
  return cause instanceof PieceworkError || cause instanceof ForeignError ? cause : new ForeignError(cause);
}

/** An error as records and messages keep it. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetails;
}

export function toErrorRecord(error: PieceworkError): ErrorRecord {
  const { code, message, details } = error;
  return Object.keys(details).length === 0 ? { code, message } : { code, message, details };
}

export function fromErrorRecord(record: ErrorRecord): PieceworkError {
  return new PieceworkError(
    record.code,
    record.message,
    record.details === undefined ? {} : { details: record.details },
  );
}

/**
 * Whatever was thrown, as a `PieceworkError`: anything foreign is a defect of ours and
 * becomes `Internal` with its cause.
 */
export function asPieceworkError(thrown: unknown): PieceworkError {
  if (thrown instanceof PieceworkError) return thrown;
  const { name, message } = new ForeignError(thrown);
  const sentence = `unexpected error (a defect in Piecework; please report it): ${name}: ${message}`;
  return new PieceworkError('Internal', sentence, { cause: thrown });
}
