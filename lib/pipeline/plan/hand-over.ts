import type { Queue } from '../../queues/queue.ts';
import type { StreamTask } from '../../transfer/messages.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Transfer } from '../../transfer/record/states.ts';
import { isStream } from '../../transfer/record/states.ts';
import { handedOver } from '../../transfer/record/transitions.ts';
import type { PlanningWork } from './planning-work.ts';
import { storePlan } from './planning-work.ts';

/*
 * A stream takes a worker for minutes, up to its whole life. Where there is a queue for streams, a planner that finds
 * one writes so into the record and sends it there; what comes for it later goes there without a look at the source.
 * The message is void once a worker has begun: a second one of it does not take a running stream over. Where it is
 * lost, the tick has the plan sent again, and the planner sends it on.
 */

/** Whether it is known to be a stream: that waits for its worker, or whose worker may have died. */
export function isForStreams(record: Transfer): boolean {
  return record.awaitsStream === true || (record.status === 'transferring' && isStream(record));
}

/** @throws as `storePlan` */
export async function handOver(work: PlanningWork, streams: Queue<StreamTask>): Promise<void> {
  const { ports, planId } = work;
  const quietUntil = ports.clock.now() + ports.policy.decide.quietMs;
  const { record } = await storePlan(work, (current) => handedOver(current, planId, quietUntil));
  await sendStream(streams, record);
}

export async function sendStream(
  streams: Queue<StreamTask>,
  { id: transferId, planId = '' }: Pick<TransferRecord, 'id' | 'planId'>,
): Promise<void> {
  await streams.send([{ body: { kind: 'stream', v: 1, transferId, planId } }]);
}
