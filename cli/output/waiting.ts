import type { ErrorCode } from '../../lib/errors/codes.ts';
import type { Waiting } from '../../lib/transfer/progress/waiting.ts';
import { adviceFor } from '../../lib/transfer/progress/waiting.ts';
import { formatDuration } from '../../lib/values/units.ts';

type Shown = Pick<Waiting, 'since' | 'nextTryAt' | 'tries'> & {
  readonly reason: { readonly code: ErrorCode; readonly message: string };
};

/** `planning (SourceBusy, again in 12s)`: in a list. */
export function waitingState(status: string, waiting: Shown | undefined, now: number): string {
  return waiting === undefined ? status : `${status} (${waiting.reason.code}, ${nextTry(waiting, now)})`;
}

/** The reason, since when, the next try, and what can be done. */
export function waitingText({ reason, since, nextTryAt, tries }: Shown, now: number): string {
  return `${reason.message} (${reason.code}); ${tries === 1 ? '1 try' : `${tries} tries`} since ${since}, ${nextTry({ nextTryAt }, now)}; ${adviceFor(reason.code)}`;
}

function nextTry({ nextTryAt }: Pick<Waiting, 'nextTryAt'>, now: number): string {
  const ms = Date.parse(nextTryAt) - now;
  return ms <= 0 ? 'trying now' : `again in ${formatDuration(Math.ceil(ms / 1000) * 1000)}`;
}
