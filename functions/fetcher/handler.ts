import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openAwsHome } from '../../lib/aws/home.ts';
import { eachMessage } from '../../lib/aws/messages/batches.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { guardedSources } from '../../lib/aws/sources/guarded-sources.ts';
import { fetchPiece } from '../../lib/pipeline/fetch/fetch-piece.ts';

const home = openAwsHome('fetcher', guardedSources);

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return await eachMessage(home, event, context, READERS.fetcher, (task, signal) =>
    fetchPiece(home.ports, home.memory, task, signal),
  );
}
