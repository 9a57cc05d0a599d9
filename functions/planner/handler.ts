import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { eachMessage } from '../../lib/aws/batches.ts';
import { guardedSources } from '../../lib/aws/guarded-sources.ts';
import { openAwsHome } from '../../lib/aws/home.ts';
import { READERS } from '../../lib/aws/messages.ts';
import { finishTransfer } from '../../lib/pipeline/finish-transfer.ts';
import { planTransfer } from '../../lib/pipeline/plan-transfer.ts';

const home = openAwsHome('planner', guardedSources);

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return await eachMessage(home, event, context, READERS.planner, ({ kind, transferId }, signal) =>
    kind === 'plan' ? planTransfer(home.ports, transferId, signal) : finishTransfer(home.ports, transferId, signal),
  );
}
