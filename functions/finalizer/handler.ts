import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openAwsHome } from '../../lib/aws/home.ts';
import { bySubject } from '../../lib/aws/messages/batches.ts';
import type { Scheduled } from '../../lib/aws/messages/messages.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { onMessages } from '../../lib/aws/stages/finalizer.ts';
import { tickAll } from '../../lib/aws/tick/tick.ts';
import { tracedHome } from '../../lib/aws/tracing/traced-home.ts';
import { openTracing } from '../tracing/open.ts';

const opening = tracedHome(openAwsHome('finalizer'), openTracing);

/** Results and dead letters of the queues, or the schedule's tick. */
export async function handler(event: SQSEvent | Scheduled, context: Context): Promise<SQSBatchResponse | undefined> {
  const home = await opening;
  if ('kind' in event) return await tickAll(home, context);
  return await bySubject(home, event, context, READERS.finalizer, (subjects, signal) =>
    onMessages(home, subjects, signal),
  );
}
