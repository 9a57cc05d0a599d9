import type { Instant } from '../../values/time.ts';
import { isOver } from '../record/record.ts';
import type { Transfer } from '../record/states.ts';
import { isInPieces, isStream } from '../record/states.ts';
import { cancelled } from '../record/transitions.ts';
import { decideFinalizing } from './decide-finalizing.ts';
import { decidePieces } from './decide-pieces.ts';
import { decidePlanning, decideStream } from './decide-planning.ts';
import type { DecidePolicy, Decision, Facts, Input } from './decision.ts';
import { end } from './outcomes.ts';

/**
 * What the finalizer does, as one pure function: the record as it is, what was read of the world, what came in, the
 * time → the record as it is to be, and what is to be done once that is stored.
 *
 * Called again with one more fact when it asks for one. Inputs of an older plan and results that are already answered
 * change nothing, so any message may be lost, repeated or late (protocol §3).
 */
export function decide(
  record: Transfer,
  facts: Facts,
  inputs: readonly Input[],
  now: Instant,
  policy: DecidePolicy,
): Decision {
  if (isOver(record))
    return { record, commands: inputs.some((input) => input.kind === 'tick') ? [{ kind: 'settle' }] : [] };
  const cancel = inputs.find((input) => input.kind === 'cancel');
  if (record.status === 'finalizing') return decideFinalizing(record, inputs, cancel, now, policy);
  if (cancel !== undefined) return end(cancelled(record, cancel.reason, now, cancel.actedBy));
  if (record.status !== 'transferring') return decidePlanning(record, inputs, now, policy);
  if (isInPieces(record)) return decidePieces(record, facts, inputs, now, policy);
  return isStream(record) ? decideStream(record, facts, inputs, now, policy) : { record, commands: [] };
}
