import { localOptions } from '../options/request.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { count } from '../output/text.ts';
import { listLines, statusJson } from '../output/transfers.ts';
import type { Verb } from '../verb.ts';
import { limitOf, SHOWN_BY_DEFAULT } from './list-limit.ts';

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
  extras: [
    { name: 'limit', placeholder: 'N', help: `at most so many; a table has ${SHOWN_BY_DEFAULT} else, JSON all` },
    { name: 'all', help: 'all of them' },
  ],
  async run({ context, settings, extras }) {
    const limit = limitOf(extras, settings.json === true ? Number.POSITIVE_INFINITY : SHOWN_BY_DEFAULT);
    await using local = await context.openLocal(localOptions(settings));
    const found = await local.list();
    const transfers = found.slice(0, limit);
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
    const left = found.length - transfers.length;
    if (left > 0 && settings.quiet !== true)
      writeLine(context.stderr, `${count(left, 'older transfer')} not shown; --all or --limit N shows more`);
  },
};
