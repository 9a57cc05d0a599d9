import { decide } from '../../transfer/decide/decide.ts';
import type { Facts, Input, Outcome } from '../../transfer/decide/decision.ts';
import { viewLedger } from '../../transfer/plan/ledger.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Transfer } from '../../transfer/record/states.ts';
import { hostFacts } from '../shared/hosts.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { isOurObject } from '../shared/our-object.ts';
import type { Ports } from '../shared/ports.ts';
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
    const { record, commands } = await decideWithFacts(ports, loaded.record, inputs, signal);
    const stored = record === loaded.record ? loaded : await saveTransfer(ports, loaded, record);
    await carryOut(ports, stored, commands, signal);
  });
}

/** Reads of the world what the decision asks for, and no more. */
async function decideWithFacts(
  ports: Ports,
  record: Transfer,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<Outcome> {
  let facts: Facts = {
    ledger: 'unread',
    object: 'unasked',
    ...(isOver(record) ? { places: 0 } : await hostFacts(ports, record, inputs)),
  };
  for (;;) {
    const decision = decide(record, facts, inputs, ports.clock.now(), ports.policy.decide);
    if (!('ask' in decision)) return decision;
    facts =
      decision.ask === 'ledger'
        ? { ...facts, ledger: await readLedger(ports, record, signal) }
        : { ...facts, object: (await isOurObject(ports, record, signal)) ? 'ours' : 'foreign' };
  }
}

async function readLedger(ports: Ports, record: Transfer, signal: AbortSignal): Promise<Facts['ledger']> {
  if (record.status !== 'transferring') return 'gone';
  const parts = await listAllParts(ports, record, record.upload, record.doneThrough, signal);
  return parts === 'gone' ? 'gone' : viewLedger(record.plan, record.doneThrough, parts);
}
