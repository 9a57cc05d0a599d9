import { resolveId } from '../options/given-id.ts';
import { localOptions } from '../options/request.ts';
import { batchLine } from '../output/batch/batches.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { serverHere } from '../remote/server/here.ts';
import type { Verb } from '../verb.ts';
import { ID_ARGUMENT } from './status.ts';

export const cancelVerb: Verb = {
  name: 'cancel',
  summary: 'end a transfer or a batch, and delete the pieces of what is not whole',
  description:
    'Ends a transfer for good, running or interrupted, and deletes its pieces. One that is just being completed may ' +
    'still win; the state that is printed says so. Of a batch what has not been brought is cancelled, and the report is ' +
    'written; whole files stay.',
  arguments: [ID_ARGUMENT],
  settings: 'cancel',
  examples: [{ command: 'piecework cancel 01JZ8', what: 'the process that runs it stops within a second' }],
  async run(call) {
    const { context, settings } = call;
    const [given = ''] = call.arguments;
    await using client = await serverHere(call);
    if (client !== undefined) {
      const { cancelThere } = await import('../remote/server/cancel-there.ts');
      return await cancelThere(call, client, given);
    }
    await using local = await context.openLocal(localOptions(settings));
    const { kind, id } = await resolveId(local, given);
    if (kind === 'batch') {
      const batch = await local.cancelBatch(id, context.signal);
      if (settings.json === true) writeJson(context.stdout, { type: 'result', batchId: id, status: batch.status });
      else writeLine(context.stdout, batchLine(batch));
      return;
    }
    const record = await local.cancel(id, context.signal);
    if (settings.json === true)
      writeJson(context.stdout, { type: 'result', transferId: record.id, status: record.status });
    else writeLine(context.stdout, `${record.id} ${record.status}`);
  },
};
