import { isOver, isTombstone, type Status, type TransferRecord } from '../../lib/transfer/record.ts';

/** What must hold of any write of a transfer record, whoever made it: the first thing that does not, or nothing. */
export function brokenByWrite(before: TransferRecord | undefined, after: TransferRecord, places: number): string | undefined {
  if (JSON.stringify(after).includes('SECRET')) return 'a record holds a secret';
  if (before === undefined) return after.rev === 1 ? undefined : `a new record begins at rev ${after.rev}`;
  return brokenHistory(before, after) ?? brokenWay(before, after) ?? brokenCounts(before, after, places);
}

function brokenHistory(before: TransferRecord, after: TransferRecord): string | undefined {
  if (after.rev !== before.rev + 1) return `rev ${before.rev} was followed by ${after.rev}`;
  if (after.writeId === before.writeId) return 'two writes with one writeId';
  if (after.run < before.run) return `run ${before.run} was followed by ${after.run}`;
  if (isOver(before) && isOver(after) && JSON.stringify(before.reason) !== JSON.stringify(after.reason)) return 'the reason of an end changed';
  return undefined;
}

const WAYS: Readonly<Record<Status, readonly Status[]>> = {
  accepted: ['planning', 'failed', 'cancelled'],
  // An object that is already there, or one put, ends a transfer without pieces.
  planning: ['transferring', 'finalizing', 'completed', 'failed', 'cancelled'],
  transferring: ['planning', 'finalizing', 'completed', 'failed', 'cancelled'],
  finalizing: ['completed', 'planning', 'failed', 'cancelled'],
  completed: [],
  failed: ['accepted'],
  cancelled: [],
};

function brokenWay(before: TransferRecord, after: TransferRecord): string | undefined {
  if (before.status === after.status) return undefined;
  if (!WAYS[before.status].includes(after.status)) return `${before.status} → ${after.status}`;
  if (before.status === 'failed' && after.run !== before.run + 1) return `a retry of run ${before.run} made run ${after.run}`;
  const leaves = before.status === 'finalizing' && after.status !== 'completed';
  if (leaves && before.ending?.abortedAt === undefined) return `finalizing → ${after.status} without an ending that was carried out (rule 12)`;
  if (isOver(after) && after.status !== 'completed' && after.reason === undefined) return `${after.status} without a reason`;
  return undefined;
}

function brokenCounts(before: TransferRecord, after: TransferRecord, places: number): string | undefined {
  const { maxFailures } = after.request.options;
  if (after.run === before.run && after.restarts > 1) return `${after.restarts} restarts`;
  for (const [number, { attempt, failures, waits }] of Object.entries(after.trouble)) {
    if (attempt !== 1 + failures + waits) return `piece ${number}: attempt ${attempt} after ${failures} failures and ${waits} waits`;
    if (failures >= maxFailures) return `piece ${number} goes on after ${failures} failures of ${maxFailures}`;
  }
  const troubled = Object.keys(after.trouble).length;
  if (after.status === 'transferring' && troubled > places) return `${troubled} pieces in trouble, ${places} places`;
  if (before.planId !== after.planId || before.status !== 'transferring') return undefined;
  if (after.cursor < before.cursor) return `the cursor went back from ${before.cursor} to ${after.cursor}`;
  for (const [number, { attempt }] of Object.entries(before.trouble)) {
    const now = after.trouble[number]?.attempt;
    if (now !== undefined && (now < attempt || now > attempt + 1)) return `piece ${number}: attempt ${attempt} was followed by ${now}`;
  }
  return undefined;
}

/** What a write shows that the history has come to: so that a run can tell which situations it reached. */
export function situationsOf(before: TransferRecord | undefined, after: TransferRecord): readonly string[] {
  if (before === undefined) return isTombstone(after) ? ['tombstone'] : [];
  const found: string[] = [];
  const { status, plan, ending, upload } = before;
  if (status === 'planning' && after.plan !== undefined && after.status !== 'planning') {
    found.push(`plan ${after.plan.mode}${after.upload?.staged === true ? ', staged' : ''}`);
    if (upload !== undefined && upload.id === after.upload?.id) found.push('held upload taken over');
  }
  if (status === 'failed' && after.status === 'accepted') found.push(isTombstone(before) ? 'tombstone revived' : 'retry');
  if (status === 'failed' && after.status === 'failed' && after.run > before.run) found.push('stray marker taken');
  if (status === 'transferring' && after.status === 'planning') found.push(plan?.mode === 'stream' && after.restarts === before.restarts ? 'stream taken over' : 'restart');
  if (ending !== undefined && after.ending === undefined) found.push(after.status === 'completed' ? `completed in spite of ending ${ending.to}` : `ending ${ending.to}`);
  if (after.requeues > before.requeues) found.push('sent again by a tick');
  return found;
}
