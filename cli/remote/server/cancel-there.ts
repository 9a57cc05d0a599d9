import type { ApiClient } from '../../../lib/api/client/client.ts';
import { batchLine } from '../../output/batch/batches.ts';
import { writeLine } from '../../output/lines.ts';
import { writeJson } from '../../output/reporters/json-reporter.ts';
import type { VerbCall } from '../../verb.ts';
import { resolveRemoteId } from '../remote-id.ts';

/** Has the server of this machine end a transfer or a batch; said as it is said without one. */
export async function cancelThere({ context, settings }: VerbCall, client: ApiClient, given: string): Promise<void> {
  const { signal, stdout } = context;
  const { kind, id } = await resolveRemoteId(client, given, signal);
  if (kind === 'batch') {
    const batch = await client.cancelBatch(id, { signal });
    if (settings.json === true) writeJson(stdout, { type: 'result', batchId: id, status: batch.status });
    else writeLine(stdout, batchLine(batch));
    return;
  }
  const { status } = await client.cancel(id, { signal });
  if (settings.json === true) writeJson(stdout, { type: 'result', transferId: id, status });
  else writeLine(stdout, `${id} ${status}`);
}
