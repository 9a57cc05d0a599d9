import { advance } from '../../pipeline/advance/advance.ts';
import { advanceBatch } from '../../pipeline/batch/deployed/advance/advance-batch.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { Subject } from '../messages/subjects.ts';
import type { TickHome } from '../tick/home.ts';
import { tickSpan } from '../tick/spans.ts';

/** What a finalizer does with messages of one name: of a span of the tick, of one transfer, or of one batch. */
export async function onMessages(home: TickHome, subjects: readonly Subject[], signal: AbortSignal): Promise<void> {
  const [span] = subjects.flatMap((one) => ('span' in one ? [one.span] : []));
  if (span === undefined) await onSubjects(home.ports, subjects, signal);
  else await tickSpan(home, span, signal);
}

/** What a finalizer does with all messages of one transfer, or of one batch. */
export async function onSubjects(ports: Ports, subjects: readonly Subject[], signal: AbortSignal): Promise<void> {
  const transfers = subjects.flatMap((one) => ('transferId' in one ? [one] : []));
  const batches = subjects.flatMap((one) => ('batchId' in one ? [one] : []));
  const [transfer] = transfers;
  const [batch] = batches;
  if (transfer !== undefined)
    await advance(
      ports,
      transfer.transferId,
      transfers.map(({ input }) => input),
      signal,
    );
  if (batch !== undefined)
    await advanceBatch(
      ports,
      batch.batchId,
      batches.map(({ input }) => input),
      signal,
    );
}
