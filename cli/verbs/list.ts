import { localOptions } from '../options/request.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { listLines, statusJson } from '../output/transfers.ts';
import type { Verb } from '../verb.ts';

export const listVerb: Verb = {
  name: 'list',
  alias: 'ls',
  summary: 'show the transfers of this machine, newest first',
  arguments: [],
  settings: 'list',
  examples: [
    { command: 'piecework list', what: 'a table' },
    { command: 'piecework list --json | jq .transfers[].id', what: 'for a program' },
  ],
  async run({ context, settings }) {
    await using local = await context.openLocal(localOptions(settings));
    const transfers = await local.list();
    if (settings.json === true) {
      writeJson(context.stdout, { type: 'result', transfers: transfers.map(statusJson) });
      return;
    }
    if (transfers.length === 0) {
      if (settings.quiet !== true) writeLine(context.stderr, 'no transfers');
      return;
    }
    // The reader of a pipe cuts lines by itself.
    const columns = context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
    for (const line of listLines(transfers, context.now(), columns)) writeLine(context.stdout, line);
  },
};
