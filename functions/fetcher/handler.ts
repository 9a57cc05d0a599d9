import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openAwsHome } from '../../lib/aws/home.ts';
import { eachMessage } from '../../lib/aws/messages/batches.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { guardedSources } from '../../lib/aws/sources/guarded-sources.ts';
import { onFetcherMessage } from '../../lib/aws/stages/fetcher.ts';
import { tracedHome } from '../../lib/aws/tracing/traced-home.ts';
import { fleetMemory } from '../../lib/pipeline/batch/deployed/work/fleet-memory.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import { openTracing } from '../tracing/open.ts';

const opening = tracedHome(openAwsHome('fetcher', guardedSources), openTracing).then((home) => {
  const memory = { pieces: fetcherMemory(home.ports), shards: fleetMemory(home.ports) };
  return { home, memory };
});

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const { home, memory } = await opening;
  return await eachMessage(home, event, context, READERS.fetcher, (task, signal, cutOffAt) =>
    onFetcherMessage(home.ports, memory, task, signal, cutOffAt),
  );
}
