import { localOptions } from '../options/request.ts';
import { resolveTransferId } from '../options/transfer-id.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { Verb } from '../verb.ts';
import { ID_ARGUMENT } from './status.ts';

export const cancelVerb: Verb = {
  name: 'cancel',
  summary: 'end a transfer, and delete what it has brought so far',
  description:
    'Ends a transfer for good, running or interrupted, and deletes its pieces. One that is just being completed may ' +
    'still win; the state that is printed says so.',
  arguments: [ID_ARGUMENT],
  settings: 'cancel',
  examples: [{ command: 'piecework cancel 01JZ8', what: 'the process that runs it stops within a second' }],
  async run({ context, settings, arguments: [given = ''] }) {
    await using local = await context.openLocal(localOptions(settings));
    const record = await local.cancel(await resolveTransferId(local, given), context.signal);
    if (settings.json === true)
      writeJson(context.stdout, { type: 'result', transferId: record.id, status: record.status });
    else writeLine(context.stdout, `${record.id} ${record.status}`);
  },
};
