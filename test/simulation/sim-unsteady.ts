import { PieceworkError } from '../../lib/errors/error.ts';
import type { RangeAnswer } from '../../lib/transfer/checks/range-answer.ts';
import type { SimProcess } from './sim-process.ts';

/** A server that contradicts itself from one answer to the next, beside what else it does. */
export interface Unsteady {
  /** Each request is answered by the other version: one name of two servers. */
  readonly flips: boolean;
  /** A range that does not begin at 0 is answered a byte off, and says so. */
  readonly shifts: boolean;
  /** Each connection is cut after so many bytes. */
  readonly cutsAfter: number | undefined;
  /** While a piece is on its way, others are turned away with this. */
  readonly turnsAway: 'page' | 'forbidden' | undefined;
  readonly taken: Set<TakenConnection>;
}

export interface TakenConnection {
  readonly process: SimProcess;
  readonly signal: AbortSignal;
}

export const FILE_TYPE = 'application/octet-stream';
const PAGE = new TextEncoder().encode('<h1>one at a time</h1>');
export const PAGE_SEEN = {
  contentType: 'text/html',
  sizeBytes: PAGE.length,
  validator: { kind: 'none' },
  body: PAGE,
} as const;
export const PAGE_HEAD: RangeAnswer = {
  kind: 'whole',
  contentType: PAGE_SEEN.contentType,
  lengthBytes: PAGE.length,
  validator: PAGE_SEEN.validator,
};

/** Whether this request is turned away with a page. @throws PieceworkError `SourceForbidden`, where it is with that. */
export function isTurnedAway(unsteady: Unsteady | undefined): boolean {
  if (unsteady?.turnsAway === undefined) return false;
  for (const taken of unsteady.taken) if (!taken.process.isAlive || taken.signal.aborted) unsteady.taken.delete(taken);
  if (unsteady.taken.size === 0) return false;
  if (unsteady.turnsAway === 'page') return true;
  throw new PieceworkError('SourceForbidden', 'one at a time (403)', { details: { sourceStatus: 403 } });
}
