import { decide } from '../transfer/decide.ts';
import type { Decision, Facts, Input } from '../transfer/decision.ts';
import type { Part } from '../transfer/ledger.ts';
import { viewLedger } from '../transfer/ledger.ts';
import type { TransferRecord, UploadEntry } from '../transfer/record.ts';
import { isOver } from '../transfer/record.ts';
import { carryOut } from './carry-out.ts';
import { hostFacts } from './hosts.ts';
import { isOurObject } from './our-object.ts';
import type { Ports } from './ports.ts';
import { loadTransfer, onConflictAgain, saveTransfer } from './store.ts';
import { uploadRef } from './upload-ref.ts';

/**
 * Record → ledger → decide → compare-and-swap → commands (protocol §2). Every change of an open transfer goes through here.
 * @throws PieceworkError `Conflict` after four lost swaps: the messages come again.
 */
export async function finalize(
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
): Promise<Decision> {
  let facts: Facts = {
    ledger: 'unread',
    object: 'unasked',
    ...(isOver(record) ? { places: 0 } : await hostFacts(ports, record, inputs)),
  };
  for (;;) {
    const decision = decide(record, facts, inputs, ports.clock.now(), ports.policy.decide);
    const asked = decision.commands.find((command) => command.kind === 'readLedger' || command.kind === 'askObject');
    if (asked === undefined) return decision;
    facts =
      asked.kind === 'readLedger'
        ? { ...facts, ledger: await readLedger(ports, record, signal) }
        : { ...facts, object: (await isOurObject(ports, record, signal)) ? 'ours' : 'foreign' };
  }
}

async function readLedger(ports: Ports, record: TransferRecord, signal: AbortSignal): Promise<Facts['ledger']> {
  if (record.plan === undefined || record.upload === undefined) return 'gone';
  const parts = await listAllParts(ports, record, record.upload, record.doneThrough, signal);
  return parts === 'gone' ? 'gone' : viewLedger(record.plan, record.doneThrough, parts);
}

/** All parts after a number, page by page. */
export async function listAllParts(
  ports: Ports,
  record: TransferRecord,
  upload: UploadEntry,
  after: number,
  signal: AbortSignal,
): Promise<readonly Part[] | 'gone'> {
  const destination = ports.destinations(record.request.destination);
  const parts: Part[] = [];
  for (let from: number | undefined = after; from !== undefined; ) {
    const page = await destination.listParts(uploadRef(record, upload), from, { signal });
    if (page === 'gone') return 'gone';
    parts.push(...page.parts);
    from = page.next;
  }
  return parts;
}
