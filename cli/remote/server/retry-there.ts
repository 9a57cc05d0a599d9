import type { ApiClient } from '../../../lib/api/client/client.ts';
import { stated } from '../../../lib/values/stated.ts';
import { refuseSource } from '../../options/given-id.ts';
import { retrySource } from '../../options/request.ts';
import type { VerbCall } from '../../verb.ts';
import { follow } from '../../verbs/follow.ts';
import { followBatch } from '../../verbs/follow-batch.ts';
import { resolveRemoteId } from '../remote-id.ts';
import { remoteSource } from '../source.ts';
import { followBatchThere } from './batch-there.ts';
import { followThere } from './follow-there.ts';

/** Has the server of this machine go on with a transfer, or with what failed of a batch, and follows it. */
export async function retryThere(
  call: VerbCall,
  client: ApiClient,
  given: string,
  url: string | undefined,
): Promise<void> {
  const { context, settings } = call;
  const { signal } = context;
  const { kind, id } = await resolveRemoteId(client, given, signal);
  if (kind === 'batch') {
    refuseSource(url, id);
    await client.retryBatch(id, { signal });
    return await followBatch(call, { again: `piecework retry ${id}` }, (_, onEvent, reporter) =>
      followBatchThere(call, { client, reporter, onEvent }, id),
    );
  }
  const from = retrySource(url, settings, (await client.get(id, { signal })).source.url);
  const source = from === undefined ? undefined : remoteSource(from, settings);
  const startedAt = context.now();
  await client.retry(id, { signal, ...stated({ source }) });
  await follow(call, { toStdout: false, isThere: true }, (local, onEvent) =>
    followThere(call, { client, local, onEvent }, id, startedAt),
  );
}
