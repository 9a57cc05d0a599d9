import { decide } from '../../transfer/decide/decide.ts';
import type { Facts, Input, Outcome } from '../../transfer/decide/decision.ts';
import { viewLedger } from '../../transfer/plan/ledger.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { hostFacts } from '../shared/hosts.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { isOurObject } from '../shared/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import { loadTransfer, onConflictAgain, saveTransfer } from '../shared/store.ts';
import { carryOut } from './carry-out.ts';

/**
 * Record → ledger → decide → compare-and-swap → commands (protocol §2). Every change of an open transfer goes through here.
 * @throws PieceworkError `Conflict` after four lost swaps: the messages come again.
 */
export async function advance(
  ports: Ports,
  transferId: string,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<void> {
  await onConflictAgain(async () => {
    const loaded = await loadTransfer(ports, transferId);
    if (loaded === undefined) return;
    const { record, commands } = await decideWithFacts(ports, loaded.record, inputs, signal);
    const stored = record === loaded.record ? loaded : await saveTransfer(ports, loaded, record);
    await carryOut(ports, stored, commands, signal);
  });
}

/** Reads of the world what the decision asks for, and no more. */
async function decideWithFacts(
  ports: Ports,
  record: TransferRecord,
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

async function readLedger(ports: Ports, record: TransferRecord, signal: AbortSignal): Promise<Facts['ledger']> {
  if (record.plan === undefined || record.upload === undefined) return 'gone';
  const parts = await listAllParts(ports, record, record.upload, record.doneThrough, signal);
  return parts === 'gone' ? 'gone' : viewLedger(record.plan, record.doneThrough, parts);
}
