import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openAwsHome } from '../../lib/aws/home.ts';
import { eachMessage } from '../../lib/aws/messages/batches.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { guardedSources } from '../../lib/aws/sources/guarded-sources.ts';
import { finishTransfer } from '../../lib/pipeline/finish/finish-transfer.ts';
import { planTransfer } from '../../lib/pipeline/plan/plan-transfer.ts';

const home = openAwsHome('planner', guardedSources);

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return await eachMessage(home, event, context, READERS.planner, ({ kind, transferId }, signal) =>
    kind === 'plan' ? planTransfer(home.ports, transferId, signal) : finishTransfer(home.ports, transferId, signal),
  );
}
