import type { Plan } from '../../lib/transfer/plan/plan.ts';
import { isServerSideCopy } from '../../lib/transfer/plan/plan.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import { formatBytes } from '../../lib/values/units.ts';
import { count } from './text.ts';

/** `256 MiB in 64 pieces of 4 MiB`. */
export function describePlan(plan: Plan): string {
  switch (plan.mode) {
    case 'single':
      return `${formatBytes(plan.sizeBytes)} in one piece`;
    case 'pieces':
      return `${formatBytes(plan.sizeBytes)} in ${count(plan.pieceCount, 'piece')} of ${formatBytes(plan.pieceSizeBytes)}${isServerSideCopy(plan) ? ', copied by the store itself' : ''}`;
    case 'stream':
      return `${plan.sizeBytes === undefined ? 'an unknown number of bytes' : formatBytes(plan.sizeBytes)} on one connection`;
  }
}

/**
 * Why a transfer goes over one connection only, unless the snapshot's own warnings say so; `undefined` when it doesn't.
 */
export function whyStream(plan: Plan, snapshot: Snapshot): string | undefined {
  if (plan.mode !== 'stream' || !snapshot.ranges) return undefined;
  const why = snapshot.sizeBytes === undefined ? 'does not say how long it is' : 'does not serve its ranges after all';
  return `the source ${why}: one connection, and a broken transfer starts over`;
}
