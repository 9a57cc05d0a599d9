import type { GivenId } from '../options/given-id.ts';
import { refuseSource, resolveId } from '../options/given-id.ts';
import { localOptions, retrySource } from '../options/request.ts';
import { serverHere } from '../remote/server/here.ts';
import type { Verb, VerbCall } from '../verb.ts';
import { follow } from './follow.ts';
import { followBatch } from './follow-batch.ts';
import { ID_ARGUMENT } from './status.ts';

export const retryVerb: Verb = {
  name: 'retry',
  summary: 'go on with a failed or interrupted transfer, or run again what failed of a batch',
  description:
    'Goes on with a failed or interrupted transfer: with the missing pieces only, if the source is still the same and ' +
    'its pieces are still kept; of a batch with what failed or was not brought, and nothing else. A URL that holds a secret (user, password, query) and headers are not stored: give them again.',
  arguments: [ID_ARGUMENT],
  settings: 'retry',
  extras: [{ name: 'source', placeholder: 'URL', help: "the source's URL, where it was not stored or has changed" }],
  examples: [
    { command: 'piecework retry 01JZ8', what: 'the beginning of an id is enough' },
    { command: 'piecework retry 01JZ8 --source "https://host/a?signature=…"', what: 'with a newly signed link' },
  ],
  async run(call) {
    const { context, settings, extras } = call;
    const [given = ''] = call.arguments;
    const url = typeof extras['source'] === 'string' ? extras['source'] : undefined;
    await using client = await serverHere(call);
    if (client !== undefined) {
      const { retryThere } = await import('../remote/server/retry-there.ts');
      return await retryThere(call, client, given, url);
    }
    const { kind, id } = await kindOf(call, given);
    if (kind === 'batch') {
      refuseSource(url, id);
      return await followBatch(call, { again: `piecework retry ${id}` }, (local, onEvent) =>
        local.retryBatch(id, { onEvent }, context.signal),
      );
    }
    await follow(call, { toStdout: false }, async (local) => {
      const { record } = await local.status(id, context.signal);
      const source = retrySource(url, settings, record.request.source.url);
      return await local.retry(id, source === undefined ? {} : { source }, context.signal);
    });
  },
};

async function kindOf({ context, settings }: VerbCall, given: string): Promise<GivenId> {
  await using local = await context.openLocal(localOptions(settings));
  return await resolveId(local, given);
}
