import { PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { decide } from '../../transfer/decide/decide.ts';
import type { Facts, HostFacts, Input, Outcome } from '../../transfer/decide/decision.ts';
import { viewLedger } from '../../transfer/plan/ledger.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Transfer } from '../../transfer/record/states.ts';
import { fromIso } from '../../values/time.ts';
import { learnOfHost } from '../shared/hosts/change.ts';
import { lookAtHost } from '../shared/hosts/look.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { ourObjectAfterFailure } from '../shared/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import { saysNo } from '../shared/refusal.ts';
import { loadNarrowed, onConflictAgain, saveTransfer } from '../shared/store.ts';
import { carryOut } from './carry-out.ts';

/**
 * Answers what came in: record → ledger → decide → compare-and-swap → commands (protocol §2).
 * @throws PieceworkError `Conflict` after four lost swaps: the messages come again.
 */
export async function advance(
  ports: Ports,
  transferId: string,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<void> {
  await onConflictAgain(async () => {
    const loaded = await loadNarrowed(ports, transferId);
    if (loaded === undefined) return;
    const before = loaded.record;
    const host = isOver(before) ? UNASKED : await lookAtHost(ports, before, inputs);
    const { record, commands } = await decideWithFacts(ports, before, host.facts, inputs, signal);
    const stored = record === before ? loaded : await saveTransfer(ports, loaded, record);
    await carryOut(ports, stored, commands, signal);
    // Once, and not at each swap that was lost; and last, since it is a hint that no command has to wait for.
    if (host.hasNews) await learnOfHost(ports, before, inputs);
  });
}

/** What is over sends nothing to any host. */
const UNASKED = { facts: { places: 0 }, hasNews: false } as const;

/** Reads of the world what the decision asks for, and no more. */
async function decideWithFacts(
  ports: Ports,
  record: Transfer,
  host: HostFacts,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<Outcome> {
  let facts: Facts = { ...host, ledger: 'unread', object: 'unasked' };
  for (;;) {
    const decision = decide(record, facts, inputs, ports.clock.now(), ports.policy.decide);
    if (!('ask' in decision)) return decision;
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
