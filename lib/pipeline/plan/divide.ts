import type { PlanInput, PlanPolicy } from '../../transfer/plan/divide-pieces.ts';
import { dividePieces } from '../../transfer/plan/divide-pieces.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import type { TransferOptions } from '../../transfer/request.ts';
import type { Pair } from './copy-ability.ts';
import { copyAbility } from './copy-ability.ts';

export interface Division {
  readonly plan: Plan;
  /** Worth saying to a person. */
  readonly warning?: string;
}

/**
 * The plan for this pair of source and destination. The store is asked whether it would copy only where that would move anything:
 * what a single put brings is in hand already, and proved before it is visible.
 * @throws PieceworkError `ServerSideCopyRefused`, and those of `dividePieces`.
 */
export async function divide(
  pair: Pair,
  options: Pick<TransferOptions, 'parallelism' | 'pieceSizeBytes' | 'serverSideCopy'>,
  policy: PlanPolicy,
  known: { readonly ranges: boolean; readonly copyRefused?: string },
  signal: AbortSignal,
): Promise<Division> {
  const { snapshot, destination } = pair;
  const { parallelism, pieceSizeBytes, serverSideCopy: wish } = options;
  const input: PlanInput = {
    sizeBytes: snapshot.sizeBytes,
    ranges: known.ranges,
    limits: destination.limits,
    parallelism,
    policy,
    ...(pieceSizeBytes === undefined ? {} : { pieceSizeBytes }),
  };
  const fetched = dividePieces(input);
  if (fetched.mode !== 'pieces' && wish !== 'always') return { plan: fetched };
  const { serverSideCopy, warning } = await copyAbility(pair, wish, known.copyRefused, signal);
  if (serverSideCopy !== undefined) return { plan: dividePieces({ ...input, serverSideCopy }) };
  return warning === undefined ? { plan: fetched } : { plan: fetched, warning };
}
