import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openAwsHome } from '../../lib/aws/home.ts';
import { byTransfer } from '../../lib/aws/messages/batches.ts';
import type { Scheduled } from '../../lib/aws/messages/messages.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { tickAll } from '../../lib/aws/messages/tick.ts';
import { advance } from '../../lib/pipeline/advance/advance.ts';

const home = openAwsHome('finalizer');

/** Results and dead letters of the queues, or the schedule's tick. */
export async function handler(event: SQSEvent | Scheduled, context: Context): Promise<SQSBatchResponse | undefined> {
  if ('kind' in event) return await tickAll(home, context);
  return await byTransfer(home, event, context, READERS.finalizer, (transferId, inputs, signal) =>
    advance(home.ports, transferId, inputs, signal),
  );
}
