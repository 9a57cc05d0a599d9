import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openAwsHome } from '../../lib/aws/home.ts';
import { eachMessage } from '../../lib/aws/messages/batches.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { guardedSources } from '../../lib/aws/sources/guarded-sources.ts';
import { onPlannerMessage } from '../../lib/aws/stages/planner.ts';
import { tracedHome } from '../../lib/aws/tracing/traced-home.ts';
import { openTracing } from '../tracing/open.ts';

const home = await tracedHome(openAwsHome('planner', guardedSources), openTracing);

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return await eachMessage(home, event, context, READERS.planner, (message, signal) =>
    onPlannerMessage(home.ports, message, signal),
  );
}
