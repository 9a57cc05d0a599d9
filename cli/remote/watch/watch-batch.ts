import type { ApiClient } from '../../../lib/api/client/client.ts';
import type { BatchDetail } from '../../../lib/api/schemas/batches/answers.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import { missing } from '../../../lib/transfer/batch/outcome.ts';
import { notThereText } from '../../output/batch/not-there.ts';
import type { VerbCall } from '../../verb.ts';
import { batchProgressText } from '../batches.ts';
import { errorOf, whileWatched } from './watching.ts';

/**
 * Follows a deployment's batch until it has ended.
 * @throws PieceworkError `Interrupted` when the caller stops watching: the batch goes on.
 */
export async function watchBatch(call: VerbCall, client: ApiClient, id: string): Promise<BatchDetail> {
  return await whileWatched<BatchDetail>(call, {
    kind: 'batch',
    id,
    look: (options) => client.getBatch(id, options),
    json: ({ id: batchId, status, counters, progress }) => ({
      type: 'progress',
      batchId,
      status,
      counters,
      ...progress,
    }),
    line: (batch) => `${batch.status}: ${batchProgressText(batch)}, to ${batch.destination}`,
  });
}

/** @throws PieceworkError why it ended early; `EntriesFailed` unless all is there. */
export function throwUnlessWhole({ id, status, reason, list, counters }: BatchDetail): void {
  if (reason !== undefined) throw errorOf(reason);
  const left = missing(counters);
  if (status === 'completed' && left === 0) return;
  throw new PieceworkError(
    'EntriesFailed',
    `${notThereText(left, list.entries ?? 0, 'entries')}; piecework retry ${id} tries again`,
  );
}
