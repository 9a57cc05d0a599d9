import { PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { decide } from '../../transfer/decide/decide.ts';
import type { Facts, HostFacts, Input, Outcome } from '../../transfer/decide/decision.ts';
import { connectionsOf, inFlightOf } from '../../transfer/loads/loads.ts';
import type { LedgerView } from '../../transfer/plan/ledger.ts';
import { missingBelow, viewLedger } from '../../transfer/plan/ledger.ts';
import { NO_PIECES, pieceSetSize, piecesIn } from '../../transfer/plan/piece-set.ts';
import type { PiecesPlan } from '../../transfer/plan/plan.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Transfer, Transferring } from '../../transfer/record/states.ts';
import { isInPieces, isPut } from '../../transfer/record/states.ts';
import { usageOfInputs, withUsage } from '../../transfer/record/used.ts';
import { fromIso } from '../../values/time.ts';
import { giveBackPlaces, learnOfHost } from '../shared/hosts/change.ts';
import { lookAtHost, takePlaces } from '../shared/hosts/look.ts';
import { renewLeases } from '../shared/hosts/renew-leases.ts';
import type { HostView } from '../shared/hosts/share.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { ourObjectAfterFailure } from '../shared/object/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import { saysNo } from '../shared/refusal.ts';
import type { Loaded } from '../shared/store.ts';
import { loadNarrowed, onConflictAgain, saveTransfer } from '../shared/store.ts';
import { carryOut } from './carry-out.ts';

/**
 * Answers what came in: record → ledger → decide → compare-and-swap → commands (protocol §2).
 * @param read the record, where the caller has just read it; read again after a lost swap
 * @throws PieceworkError `Conflict` after four lost swaps: the messages come again.
 */
export async function advance(
  ports: Ports,
  transferId: string,
  inputs: readonly Input[],
  signal: AbortSignal,
  read?: Loaded<Transfer>,
): Promise<void> {
  let known = read;
  await onConflictAgain(async () => {
    const loaded = known ?? (await loadNarrowed(ports, transferId));
    known = undefined;
    if (loaded === undefined) return;
    const before = loaded.record;
    const host = await askHost(ports, before, inputs, signal);
    const { outcome, ledger } = await decideWithFacts(ports, before, host.facts, inputs, signal);
    const { record: decided, commands } = outcome;
    const record = decided === before ? before : withUsage(decided, usageOfInputs(inputs));
    const stored = record === before ? loaded : await saveTransfer(ports, loaded, record);
    await carryOut(ports, stored, commands, signal);
    // Once, and not at each swap that was lost; and last, since it is a hint that no command has to wait for.
    if (host.hasNews) await learnOfHost(ports, before, inputs, signal);
    if (host.renewsLeases && inputs.every(({ kind }) => kind === 'tick')) await renewLeases(ports, before, signal);
    const kept = placesKept(host, record, ledger);
    if (kept !== undefined && mayWriteHosts(inputs)) await giveBackPlaces(ports, record, kept, signal);
  });
}

/** What is over, or was fetched whole, sends nothing to any host. */
const UNASKED: HostView = {
  facts: { places: 0 },
  hasNews: false,
  held: 0,
  wanted: 0,
  othersWait: false,
  renewsLeases: false,
};

async function askHost(
  ports: Ports,
  record: Transfer,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<HostView> {
  if (isOver(record) || isPutAlone(record, inputs)) return UNASKED;
  if (!usesPlaces(record) || !mayWriteHosts(inputs)) return await lookAtHost(ports, record, { inputs, piecesLeft: 0 });
  const piecesLeft = record.plan.pieceCount - record.doneThrough - pieceSetSize(record.reported ?? NO_PIECES);
  return await takePlaces(ports, record, { inputs, piecesLeft }, signal);
}

/** All of it is on its way in one put, and no result of earlier pieces says anything of the host. */
function isPutAlone(record: Transfer, inputs: readonly Input[]): boolean {
  return record.status === 'finalizing' && isPut(record) && !inputs.some(({ kind }) => kind === 'result');
}

function usesPlaces(record: Transfer): record is Transferring<PiecesPlan> {
  return record.status === 'transferring' && isInPieces(record);
}

/** Who only cancels has no right to (the API's function); the finalizer does it when it announces the end. */
function mayWriteHosts(inputs: readonly Input[]): boolean {
  return inputs.some(({ kind }) => kind !== 'cancel');
}

/** How many of its places the transfer keeps: none when no piece is left to fetch; `undefined` = those that it has. */
function placesKept({ facts, held, wanted, othersWait }: HostView, record: Transfer, ledger: Facts['ledger']) {
  if (held === 0) return undefined;
  if (!usesPlaces(record)) return 'left';
  if (!othersWait) return undefined;
  const known = typeof ledger === 'object' && 'done' in ledger ? ledger : reportedLedger(record);
  const inFlight = inFlightOf(record.loads, missingBelow(record.cursor, known));
  const kept = Math.max(facts.places, connectionsOf(record.loads, inFlight));
  return kept < held ? { places: kept, isEnough: wanted <= kept } : undefined;
}

function reportedLedger({ doneThrough, reported = NO_PIECES }: Transfer): LedgerView {
  return { doneThrough, done: new Set(piecesIn(reported)) };
}

/** Reads of the world what the decision asks for, and no more. */
async function decideWithFacts(
  ports: Ports,
  record: Transfer,
  host: HostFacts,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<{ readonly outcome: Outcome; readonly ledger: Facts['ledger'] }> {
  let facts: Facts = { ...host, ledger: 'unread', object: 'unasked' };
  for (;;) {
    const decision = decide(record, facts, inputs, ports.clock.now(), ports.policy.decide);
    if (!('ask' in decision)) return { outcome: decision, ledger: facts.ledger };
    facts =
      decision.ask === 'ledger'
        ? { ...facts, ledger: await readLedger(ports, record, signal) }
        : { ...facts, object: await whoseObject(ports, record, signal) };
  }
}

async function readLedger(ports: Ports, record: Transfer, signal: AbortSignal): Promise<Facts['ledger']> {
  if (record.status !== 'transferring') return 'gone';
  try {
    const parts = await listAllParts(ports, record, record.upload, record.doneThrough, signal);
    return parts === 'gone' ? 'gone' : viewLedger(record.plan, record.doneThrough, parts);
  } catch (error) {
    signal.throwIfAborted();
    const isRefused = saysNo(error);
    // What may pass is asked again when the messages come again, as long as there is time.
    const mayEnd = isRefused || (error instanceof PieceworkError && ports.clock.now() >= fromIso(record.deadlineAt));
    if (!mayEnd) throw error;
    return { error: toErrorRecord(error), isRefused };
  }
}

/**
 * Before `finalizing` nothing was completed (rule 10): a destination that does not let us look hides no object of ours.
 */
async function whoseObject(ports: Ports, record: Transfer, signal: AbortSignal): Promise<Facts['object']> {
  return (await ourObjectAfterFailure(ports, record, signal)) === undefined ? 'foreign' : 'ours';
}
