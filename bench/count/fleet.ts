import type { Environment } from '../../lib/aws/environment.ts';
import { awsPolicy } from '../../lib/aws/policy.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';

/* What is the same of a deployment, whatever is counted. */

/** Ids in order, the same each time. */
export function countedIds(): Ports['ids'] {
  let ulids = 0;
  return {
    ulid() {
      ulids += 1;
      return `01ARZ3NDEKTSV4RRFFQ6${String(ulids).padStart(6, '0')}`;
    },
  };
}

/** As the construct makes it by default. */
export function countedPolicy(stage: Environment['stage'], hostConnections: number): Ports['policy'] {
  const policy = awsPolicy({
    stage,
    planTimeoutMs: 900_000,
    pieceTimeoutMs: 120_000,
    lateMs: 300_000,
    hostConnections,
  } as Environment);
  // A byte stands for a MiB: a piece of 16 of them for a default one.
  const { loads } = policy.decide;
  if (loads === undefined) return policy;
  const scaled = { ...loads, bytesPerSecond: loads.bytesPerSecond / 1024 ** 2 };
  return { ...policy, decide: { ...policy.decide, loads: scaled } };
}
