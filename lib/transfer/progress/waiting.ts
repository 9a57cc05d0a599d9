import type { ErrorCode } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';

/** Why a transfer has no plan yet, and when that is tried again. */
export interface Waiting {
  readonly reason: ErrorRecord;
  /** ISO 8601: the first try of this row failed. */
  readonly since: string;
  /** ISO 8601: in the past while a try is under way. */
  readonly nextTryAt: string;
  /** That did not succeed, the last one included. */
  readonly tries: number;
}

const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  SourceBusy: 'nothing to do: the source asked for patience',
  SourceForbidden: 'nothing to do if it is a limit; if the link has expired, cancel it and retry it with a new one',
  SourceRefused: 'check host and port, and that the server runs',
  SourceNotResolved: 'check the name of the host',
  SourceTimeout: 'check host and port, and that the server answers',
  SourceServerError: 'the server fails: tell its owner, or wait',
  DestinationUnreachable: 'check the destination’s endpoint, region and network',
  DestinationBusy: 'nothing to do: the store asked for patience',
};

/** What a person can do meanwhile; the transfer tries again by itself, up to its deadline or its budget of failures. */
export function adviceFor(code: ErrorCode): string {
  return `${ADVICE[code] ?? 'see docs/errors.md for what to do'}; it is tried again by itself, and a cancel ends it`;
}
