import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { eachMessage } from '../../lib/aws/batches.ts';
import { guardedSources } from '../../lib/aws/guarded-sources.ts';
import { openAwsHome } from '../../lib/aws/home.ts';
import { READERS } from '../../lib/aws/messages.ts';
import { fetchPiece } from '../../lib/pipeline/fetch-piece.ts';

const home = openAwsHome('fetcher', guardedSources);

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return await eachMessage(home, event, context, READERS.fetcher, (task, signal) =>
    fetchPiece(home.ports, home.memory, task, signal),
  );
}
