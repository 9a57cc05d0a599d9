import { retrySource } from '../options/request.ts';
import { resolveTransferId } from '../options/transfer-id.ts';
import type { Verb } from '../verb.ts';
import { follow } from './follow.ts';
import { ID_ARGUMENT } from './status.ts';

export const retryVerb: Verb = {
  name: 'retry',
  summary: 'go on with a failed or interrupted transfer',
  description:
    'Goes on with a failed or interrupted transfer: with the missing pieces only, if the source is still the same and ' +
    'its pieces are still kept. A URL that holds a secret (user, password, query) and headers are not stored: give them again.',
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
    await follow(call, { toStdout: false }, async (local) => {
      const transferId = await resolveTransferId(local, given);
      const { record } = await local.status(transferId, context.signal);
      const source = retrySource(url, settings, record.request.source.url);
      return await local.retry(transferId, source === undefined ? {} : { source }, context.signal);
    });
  },
};
