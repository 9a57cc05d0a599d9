import { resolveId } from '../options/given-id.ts';
import { localOptions } from '../options/request.ts';
import { batchJson, batchStatusLines } from '../output/batch/batches.ts';
import { writeLine } from '../output/lines.ts';
import { readsUnicode } from '../output/paint.ts';
import { BLOCKS, LETTERS } from '../output/piece-map.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { statusJson, statusLines } from '../output/transfers.ts';
import type { Verb } from '../verb.ts';

export const ID_ARGUMENT = {
  term: '<ID>',
  help: 'id of a transfer or a batch, or as much of its beginning as only it has',
};

export const statusVerb: Verb = {
  name: 'status',
  summary: 'show one transfer, with its piece map, or one batch, with its failures',
  arguments: [ID_ARGUMENT],
  settings: 'status',
  examples: [{ command: 'piecework status 01JZ8', what: 'the beginning of an id is enough' }],
  async run({ context, settings, arguments: [given = ''] }) {
    await using local = await context.openLocal(localOptions(settings));
    const { kind, id } = await resolveId(local, given);
    if (kind === 'batch') {
      const batch = await local.batchStatus(id);
      if (settings.json === true) writeJson(context.stdout, { type: 'result', batch: batchJson(batch) });
      else for (const line of batchStatusLines(batch)) writeLine(context.stdout, line);
      return;
    }
    const status = await local.status(id, context.signal);
    if (settings.json === true) {
      writeJson(context.stdout, { type: 'result', transfer: statusJson(status) });
      return;
    }
    const glyphs = readsUnicode(context.environment) ? BLOCKS : LETTERS;
    const columns = context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : 80;
    for (const line of statusLines(status, { columns, glyphs }, context.now())) writeLine(context.stdout, line);
  },
};
