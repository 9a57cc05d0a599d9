import type { Ports } from '../../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../../pipeline/shared/store.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { isOver } from '../../../transfer/record/record.ts';
import { fromIso } from '../../../values/time.ts';
import type { IdleWatch } from './idle-watch.ts';
import type { News } from './news.ts';

export interface UntilOver {
  readonly news: News;
  readonly mayComplete: () => boolean;
  readonly idle: IdleWatch;
  /** Has what is missing sent again: nothing is in flight. */
  readonly askAll: () => Promise<void>;
}

/** Looks after each message that may have changed the record, and now and then for what another process did to it. */
export async function untilOver(
  ports: Ports,
  transferId: string,
  { news, mayComplete, idle, askAll }: UntilOver,
  signal: AbortSignal,
): Promise<void> {
  let tickedAt: TransferRecord['status'] | undefined;
  for (;;) {
    const since = news.next();
    const loaded = await loadTransfer(ports, transferId);
    if (loaded === undefined || (isOver(loaded.record) && loaded.record.announced)) return;
    // No schedule ticks here: whatever hangs or waits, the deadline is ours to notice. A completion on its
    // way is judged by its own outcome, and its request ends by itself.
    const isLate =
      ports.clock.now() >= fromIso(loaded.record.deadlineAt) &&
      !isOver(loaded.record) &&
      !(loaded.record.status === 'finalizing' && mayComplete());
    if (isLate && tickedAt !== loaded.record.status) {
      tickedAt = loaded.record.status;
      await ports.queues.finalizer.send([{ body: { kind: 'tick', v: 1, transferId } }]);
    }
    if (!isOver(loaded.record) && idle.isDue(ports.clock.now())) await askAll();
    await since(ports.clock, signal);
    // Ended, but not announced: by our own worker, which has had time to, or by another
    // process, which leaves that to us.
    if (isOver(loaded.record)) return;
  }
}
