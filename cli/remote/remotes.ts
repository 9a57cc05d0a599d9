import type { Transfer } from '../../lib/api/schemas/transfer.ts';
import { retrySource } from '../options/request.ts';
import { writeLine } from '../output/lines.ts';
import { readsUnicode } from '../output/paint.ts';
import { BLOCKS, LETTERS } from '../output/piece-map.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { limitOf, SHOWN_BY_DEFAULT } from '../verbs/list-limit.ts';
import { resolveRemoteId } from './remote-id.ts';
import { remoteListLines, remoteStatusLines } from './show.ts';
import { remoteSource } from './source.ts';
import { watch } from './watch.ts';
import type { Remote } from './with-deployment.ts';

const WATCH = { name: 'watch', help: 'follow it until it has ended, and end as it did (deployments)' };
const MOST_ON_PAGE = 100;

export const remoteList: Remote = {
  extras: [{ name: 'status', placeholder: 'STATUS', help: 'only those with this status (deployments)' }],
  examples: [{ command: 'piecework list --stack piecework --status failed', what: 'of a deployment' }],
  async run({ context, settings, extras }, client) {
    const limit = limitOf(extras, settings.json === true ? 50 : SHOWN_BY_DEFAULT);
    const status = typeof extras['status'] === 'string' ? { status: extras['status'] as Transfer['status'] } : {};
    const transfers: Transfer[] = [];
    let cursor: string | undefined;
    do {
      const at = cursor === undefined ? {} : { cursor };
      const page = await client.list({
        ...status,
        ...at,
        limit: Math.min(MOST_ON_PAGE, limit - transfers.length),
        signal: context.signal,
      });
      transfers.push(...page.transfers);
      cursor = page.nextCursor;
    } while (cursor !== undefined && transfers.length < limit);
    if (settings.json === true) {
      writeJson(context.stdout, {
        type: 'result',
        home: client.url,
        transfers,
        ...(cursor === undefined ? {} : { nextCursor: cursor }),
      });
      return;
    }
    const columns = context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
    if (transfers.length > 0)
      for (const line of remoteListLines(transfers, context.now(), columns)) writeLine(context.stdout, line);
    if (settings.quiet === true) return;
    if (transfers.length === 0) writeLine(context.stderr, 'no transfers');
    if (cursor !== undefined) writeLine(context.stderr, 'there are older ones; --all or --limit N shows more');
  },
};

export const remoteStatus: Remote = {
  extras: [WATCH],
  examples: [{ command: 'piecework status 01JZ8 --stack piecework --watch', what: "follows a deployment's transfer" }],
  async run(call, client) {
    const { context, settings } = call;
    const id = await resolveRemoteId(client, call.arguments[0] ?? '', context.signal);
    const transfer =
      call.extras['watch'] === true ? await watch(call, client, id) : await client.get(id, { signal: context.signal });
    if (settings.json === true) {
      writeJson(context.stdout, { type: 'result', home: client.url, transfer });
      return;
    }
    const glyphs = readsUnicode(context.environment) ? BLOCKS : LETTERS;
    const columns = context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : 80;
    for (const line of remoteStatusLines(transfer, { columns, glyphs }, context.now())) writeLine(context.stdout, line);
  },
};

export const remoteCancel: Remote = {
  async run({ context, settings, arguments: [given = ''] }, client) {
    const transfer = await client.cancel(await resolveRemoteId(client, given, context.signal), {
      signal: context.signal,
    });
    if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, transfer });
    else writeLine(context.stdout, `${transfer.id} ${transfer.status}`);
  },
};

export const remoteRetry: Remote = {
  extras: [WATCH],
  async run(call, client) {
    const { context, settings, extras } = call;
    const { signal } = context;
    const id = await resolveRemoteId(client, call.arguments[0] ?? '', signal);
    const url = typeof extras['source'] === 'string' ? extras['source'] : undefined;
    const given = retrySource(url, settings, (await client.get(id, { signal })).source.url);
    const transfer = await client.retry(id, {
      signal,
      ...(given === undefined ? {} : { source: remoteSource(given, settings) }),
    });
    if (settings.json !== true) writeLine(context.stdout, `${transfer.id} ${transfer.status}`);
    const last = extras['watch'] === true ? await watch(call, client, id) : transfer;
    if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, transfer: last });
  },
};
