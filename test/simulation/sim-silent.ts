import { PieceworkError } from '../../lib/errors/error.ts';

/** A server that gives nothing for a while, again and again: how, after how many answers, and for how long. */
export interface Silences {
  readonly says: 'busy' | 'denied';
  /** Each answer of this number begins one. */
  readonly every: number;
  readonly forMs: number;
  answers: number;
  untilMs: number;
}

/** @throws PieceworkError `SourceBusy` or `SourceForbidden` while it gives nothing. */
export function beSilent(silences: Silences | undefined, now: number): void {
  if (silences === undefined) return;
  if (now >= silences.untilMs) {
    silences.answers += 1;
    if (silences.answers % silences.every !== 0) return;
    silences.untilMs = now + silences.forMs;
  }
  throw silences.says === 'busy'
    ? new PieceworkError('SourceBusy', 'not now (503)', { details: { sourceStatus: 503 } })
    : new PieceworkError('SourceForbidden', 'not now (403)', { details: { sourceStatus: 403, mayBeLimit: true } });
}
