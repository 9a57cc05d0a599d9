import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { byTransfer } from '../../lib/aws/batches.ts';
import { openAwsHome } from '../../lib/aws/home.ts';
import type { Scheduled } from '../../lib/aws/messages.ts';
import { READERS } from '../../lib/aws/messages.ts';
import { tickAll } from '../../lib/aws/tick.ts';
import { finalize } from '../../lib/pipeline/finalize.ts';

const home = openAwsHome('finalizer');

/** Results and dead letters of the queues, or the schedule's tick. */
export async function handler(event: SQSEvent | Scheduled, context: Context): Promise<SQSBatchResponse | undefined> {
  if ('kind' in event) return await tickAll(home, context);
  return await byTransfer(home, event, context, READERS.finalizer, (transferId, inputs, signal) =>
    finalize(home.ports, transferId, inputs, signal),
  );
}
