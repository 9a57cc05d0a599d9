import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import { inFlightOf } from '../loads/loads.ts';
import type { LedgerView } from '../plan/ledger.ts';
import { missingBelow } from '../plan/ledger.ts';
import { NO_PIECES, piecesIn } from '../plan/piece-set.ts';
import type { PiecesPlan } from '../plan/plan.ts';
import type { Transferring } from '../record/states.ts';
import type { DecidePolicy, HostFacts, Input, Outcome } from './decision.ts';
import { Round } from './round.ts';

/**
 * The usual batch, of nothing but pieces that came, needs no reading: a part that landed stays, so what results said so
 * far is in the record, and gives their places to the next pieces. A set is not a counter: a duplicate changes nothing,
 * and a result that got lost only leaves a place empty until the ledger is read. Nor does a tick need it, while the
 * quiet time lasts or nothing is in flight. `undefined` = read it: at the end, at any failure, at a tick when it is
 * quiet, and where the places that are free by the reports are fewer than the pieces that just came.
 */
export function placesByReports(
  record: Transferring<PiecesPlan>,
  host: HostFacts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Outcome | undefined {
  if (now >= fromIso(record.deadlineAt)) return undefined;
  const before = new Set(piecesIn(record.reported ?? NO_PIECES));
  const done = doneByReports(record, before, inputs);
  if (done === undefined) return undefined;
  const ledger: LedgerView = { doneThrough: record.doneThrough, done };
  const round = new Round(record, ledger, host, now, policy);
  const missing = missingBelow(record.cursor, ledger);
  if (round.waitsTooLong(inFlightOf(record.loads, missing)) !== undefined) return undefined;
  const isTicked = inputs.some(({ kind }) => kind === 'tick');
  if (isTicked && missing.length > 0 && now >= fromIso(record.quietUntil)) return undefined;
  if (record.doneThrough + done.size >= record.plan.pieceCount) return undefined;
  round.fillPlaces(missing);
  if (isTicked && round.isHeldBack) return undefined;
  // Nothing came. It waits for places, or for pieces that are on their way.
  if (inputs.every(({ kind }) => kind === 'tick')) return round.outcome();
  const came = done.size - before.size;
  if (round.sentCount > 0 && round.sentCount >= came) return round.outcome();
  // A piece of a load gives its place to the next one of it, or waits for its others.
  if (policy.loads === undefined || round.unsentCount === 0) return undefined;
  if (came > 0) round.note();
  return round.outcome();
}

/** With what came by these inputs; `undefined` = they are not all of pieces that came. */
function doneByReports(
  record: Transferring<PiecesPlan>,
  before: ReadonlySet<number>,
  inputs: readonly Input[],
): ReadonlySet<number> | undefined {
  const done = new Set(before);
  for (const input of inputs) {
    if (input.kind === 'tick' && input.now !== true) continue;
    if (input.kind !== 'result' || input.outcome !== 'done') return undefined;
    if (input.planId === record.planId && input.pieceNumber > record.doneThrough) done.add(input.pieceNumber);
  }
  return done;
}
