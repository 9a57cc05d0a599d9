import { reportBatch } from '../../pipeline/batch/deployed/end/report-batch.ts';
import { submitLarge } from '../../pipeline/batch/deployed/large/submit-large.ts';
import { planBatch } from '../../pipeline/batch/deployed/plan/plan-batch.ts';
import { finishTransfer } from '../../pipeline/finish/finish-transfer.ts';
import { planTransfer } from '../../pipeline/plan/plan-transfer.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { BatchPlannerMessage, PlannerMessage, StreamTask } from '../../transfer/messages.ts';

/** What a planner does with one message. */
export async function onPlannerMessage(
  ports: Ports,
  message: PlannerMessage | BatchPlannerMessage | StreamTask,
  signal: AbortSignal,
): Promise<void> {
  switch (message.kind) {
    case 'plan':
      return await planTransfer(ports, message.transferId, signal);
    case 'stream':
      return await planTransfer(ports, message.transferId, signal, message);
    case 'finish':
      return await finishTransfer(ports, message.transferId, signal);
    case 'plan-batch':
      return await planBatch(ports, message.batchId, signal);
    case 'submit-large':
      return await submitLarge(ports, message, signal);
    case 'report':
      return await reportBatch(ports, message.batchId, signal);
  }
}
