import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openAwsHome } from '../../lib/aws/home.ts';
import type { LookAnswer, LookTask } from '../../lib/aws/looks/look-task.ts';
import { onLook } from '../../lib/aws/looks/planner-look.ts';
import { eachMessage } from '../../lib/aws/messages/batches.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { guardedSources } from '../../lib/aws/sources/guarded-sources.ts';
import { onPlannerMessage } from '../../lib/aws/stages/planner.ts';
import { tracedHome } from '../../lib/aws/tracing/traced-home.ts';
import { openTracing } from '../tracing/open.ts';

const opening = tracedHome(openAwsHome('planner', guardedSources), openTracing);

/** Messages of its queue; or the API asks, and waits for the answer. */
export async function handler(event: SQSEvent | LookTask, context: Context): Promise<SQSBatchResponse | LookAnswer> {
  const home = await opening;
  if ('kind' in event) return await onLook(home, event);
  return await eachMessage(home, event, context, READERS.planner, (message, signal) =>
    onPlannerMessage(home.ports, message, signal),
  );
}
