import { pieceSetSize } from '../../lib/transfer/plan/piece-set.ts';
import { isServerSideCopy } from '../../lib/transfer/plan/plan.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { isTombstone } from '../../lib/transfer/record/record.ts';

/** What a write shows that the history has come to: so that a run can list the situations that it reached. */
export function situationsOf(before: TransferRecord | undefined, after: TransferRecord): readonly string[] {
  if (before === undefined) return isTombstone(after) ? ['tombstone'] : [];
  const found = [...planned(before, after), ...nextRun(before, after), ...ladder(before, after)];
  const { status, plan, ending } = before;
  if (before.copyRefused === undefined && after.copyRefused !== undefined) found.push('copy refused, fetched instead');
  if (status === 'transferring' && after.status === 'planning') {
    found.push(plan?.mode === 'stream' && after.restarts === before.restarts ? 'stream taken over' : 'restart');
  }
  if (ending !== undefined && after.ending === undefined) {
    found.push(after.status === 'completed' ? `completed in spite of ending ${ending.to}` : `ending ${ending.to}`);
  }
  if (after.requeues > before.requeues) found.push('sent again, as nothing moved');
  found.push(...withLoads(before, after));
  return found;
}

function withLoads({ loads: before }: TransferRecord, { loads: after }: TransferRecord): readonly string[] {
  const found: string[] = [];
  if (after === undefined) return found;
  if (after.next > (before?.next ?? 1)) found.push('load sent');
  if (pieceSetSize(after.returned) > pieceSetSize(before?.returned ?? [])) found.push('pieces handed back');
  if (after.paces.length > 1) found.push('workers with more connections');
  const isDeep = after.open.some(({ connections, pieces }) => pieceSetSize(pieces) > connections);
  if (isDeep) found.push('pieces wait in their worker');
  return found;
}

function ladder(before: TransferRecord, after: TransferRecord): readonly string[] {
  const found: string[] = [];
  if (before.oneStream === undefined && after.oneStream !== undefined) found.push('turned into one stream');
  if (after.narrowedTo !== undefined && before.narrowedTo !== after.narrowedTo) found.push('fewer connections');
  const isNew = before.status !== 'completed' && after.status === 'completed';
  if (isNew && after.result?.version === 'one-answer') found.push('completed in one answer');
  return found;
}

function planned(before: TransferRecord, after: TransferRecord): readonly string[] {
  if (before.status !== 'planning' || after.plan === undefined || after.status === 'planning') return [];
  const how = isServerSideCopy(after.plan) ? ', copied by the store' : '';
  const plan = `plan ${after.plan.mode}${how}${after.upload?.staged === true ? ', staged' : ''}`;
  const isHeld = before.upload !== undefined && before.upload.id === after.upload?.id;
  return isHeld ? [plan, 'held upload taken over'] : [plan];
}

function nextRun(before: TransferRecord, after: TransferRecord): readonly string[] {
  if (before.status !== 'failed' || after.run === before.run) return [];
  if (after.status === 'failed') return ['stray marker taken'];
  return [isTombstone(before) ? 'tombstone revived' : 'retry'];
}
