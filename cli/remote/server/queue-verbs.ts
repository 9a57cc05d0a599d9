import type { ApiClient } from '../../../lib/api/client/client.ts';
import type { Batch } from '../../../lib/api/schemas/batches/answers.ts';
import type { Transfer } from '../../../lib/api/schemas/transfer.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import { stated } from '../../../lib/values/stated.ts';
import type { GivenId } from '../../options/given-id.ts';
import { writeLine } from '../../output/lines.ts';
import { writeJson } from '../../output/reporters/json-reporter.ts';
import { transferTable } from '../../output/transfer-table.ts';
import type { Verb, VerbCall } from '../../verb.ts';
import { remoteBatchRow } from '../batches.ts';
import { resolveRemoteId } from '../remote-id.ts';
import { remoteRow } from '../show.ts';
import { SERVER_EXTRAS, serverOf } from './server.ts';

/* What only `piecework serve` can do: it has a queue. */

const IDS = { term: '[ID...]', help: 'ids of transfers and batches, or as much of their beginning as only they have' };
const ALL = { name: 'all', help: 'all that there are, and what is still to come' };

export const pauseVerb: Verb = {
  name: 'pause',
  summary: 'have the server of this machine pause transfers and batches, or all',
  description:
    'What is under way of a paused transfer or batch comes to its end; nothing more is begun before piecework resume, ' +
    'also after a restart of the server.',
  arguments: [IDS],
  settings: 'pause',
  extras: [ALL, ...SERVER_EXTRAS],
  examples: [
    { command: 'piecework pause 01JZ8', what: 'one of them' },
    { command: 'piecework pause --all', what: 'nothing runs before resume --all' },
  ],
  run: (call) =>
    change(call, {
      one: (client, id, signal) => client.pause(id, { signal }),
      batch: (client, id, signal) => client.pauseBatch(id, { signal }),
      all: (client, signal) => client.pauseAll({ signal }),
    }),
};

export const resumeVerb: Verb = {
  name: 'resume',
  summary: 'have the server go on with paused transfers and batches, or with all',
  arguments: [IDS],
  settings: 'resume',
  extras: [{ ...ALL, help: 'all but those that were paused one by one' }, ...SERVER_EXTRAS],
  examples: [{ command: 'piecework resume 01JZ8', what: 'when its turn comes, with what is missing' }],
  run: (call) =>
    change(call, {
      one: (client, id, signal) => client.resume(id, { signal }),
      batch: (client, id, signal) => client.resumeBatch(id, { signal }),
      all: (client, signal) => client.resumeAll({ signal }),
    }),
};

export const queueVerb: Verb = {
  name: 'queue',
  summary: 'show what waits on the server of this machine, or change its order',
  description:
    'Without an ID: what waits, the next one first. With one: gives it another priority, or moves it among those of its ' +
    'priority. What runs keeps its place.',
  arguments: [IDS],
  settings: 'queue',
  extras: [
    { name: 'priority', placeholder: 'N', help: 'from -100 to 100; higher runs first (default: 0)' },
    { name: 'first', help: 'before all others of its priority' },
    { name: 'last', help: 'behind all others of its priority' },
    ...SERVER_EXTRAS,
  ],
  examples: [
    { command: 'piecework queue', what: 'what waits, in its order' },
    { command: 'piecework queue 01JZ8 --first', what: 'it is the next one' },
    { command: 'piecework queue 01JZ8 01JZ9 --priority 10', what: 'before all of priority 0' },
  ],
  async run(call) {
    const { arguments: ids, extras } = call;
    const arrangement = stated({ priority: priorityOf(extras['priority']), position: positionOf(extras) });
    const isAsked = Object.keys(arrangement).length > 0;
    if (isAsked !== ids.length > 0)
      throw new PieceworkError(
        'InvalidOption',
        'queue changes the place of an ID with --priority N, --first or --last; it takes neither to show what waits',
      );
    await using client = await serverOf(call);
    if (!isAsked) return await showQueue(call, client);
    await changeEach(call, client, {
      one: (_, id, signal) => client.arrange(id, arrangement, { signal }),
      batch: (_, id, signal) => client.arrangeBatch(id, arrangement, { signal }),
    });
  },
};

/** Whole, from -100 to 100. @throws PieceworkError `InvalidOption`. */
export function priorityOf(given: string | boolean | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = /^[+-]?\d{1,3}$/.test(String(given)) ? Number(given) : Number.NaN;
  if (Math.abs(value) <= 100) return value;
  throw new PieceworkError('InvalidOption', '--priority: is to be a whole number from -100 to 100');
}

function positionOf({ first, last }: VerbCall['extras']): 'first' | 'last' | undefined {
  if (first === true && last === true)
    throw new PieceworkError('InvalidOption', '--first and --last contradict each other: give one of them');
  return first === true ? 'first' : last === true ? 'last' : undefined;
}

interface ChangeOne {
  one(client: ApiClient, id: string, signal: AbortSignal): Promise<Transfer>;
  batch(client: ApiClient, id: string, signal: AbortSignal): Promise<Batch>;
}

interface Change extends ChangeOne {
  all(client: ApiClient, signal: AbortSignal): ReturnType<ApiClient['service']>;
}

async function change(call: VerbCall, { all, ...each }: Change): Promise<void> {
  const { context, settings, extras, arguments: ids } = call;
  if ((extras['all'] === true) === ids.length > 0)
    throw new PieceworkError('InvalidOption', 'give ids of transfers, or --all');
  await using client = await serverOf(call);
  if (ids.length > 0) return await changeEach(call, client, each);
  const service = await all(client, context.signal);
  if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, service });
  else writeLine(context.stdout, service.paused === true ? 'all paused' : 'all go on');
}

async function changeEach(
  { context, settings, arguments: given }: VerbCall,
  client: ApiClient,
  { one, batch: ofBatch }: ChangeOne,
): Promise<void> {
  const { signal } = context;
  const ids: GivenId[] = [];
  // All are known before any is changed.
  for (const text of given) ids.push(await resolveRemoteId(client, text, signal));
  const transfers: Transfer[] = [];
  const batches: Batch[] = [];
  for (const { kind, id } of ids) {
    const changed = kind === 'batch' ? await ofBatch(client, id, signal) : await one(client, id, signal);
    if ('list' in changed) batches.push(changed);
    else transfers.push(changed);
    if (settings.json !== true) writeLine(context.stdout, `${changed.id} ${standingText(changed)}`);
  }
  if (settings.json === true)
    writeJson(context.stdout, {
      ...{ type: 'result', home: client.url, transfers },
      ...stated({ batches: batches.length === 0 ? undefined : batches }),
    });
}

/** `transferring, paused`; `accepted, waits as number 3, priority 10`. */
function standingText(changed: Transfer | Batch): string {
  const { status, paused, priority, waitingPosition } = changed;
  return [
    status,
    ...(paused === true ? ['paused'] : []),
    ...(waitingPosition === undefined ? [] : [`waits as number ${waitingPosition}`]),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
  ].join(', ');
}

async function showQueue({ context, settings }: VerbCall, client: ApiClient): Promise<void> {
  const { signal } = context;
  const service = await client.service({ signal });
  const most = service.counts?.waiting ?? 0;
  const waiting = await thatWait(most, async (page) => {
    const { transfers, nextCursor } = await client.list({ ...page, signal });
    return { found: transfers, nextCursor };
  });
  const batches = await thatWait(most - waiting.length, async (page) => {
    const { batches: found, nextCursor } = await client.listBatches({ ...page, signal });
    return { found, nextCursor };
  });
  if (settings.json === true) {
    writeJson(context.stdout, { type: 'result', home: client.url, service, waiting, batches });
    return;
  }
  const columns = context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  const now = context.now();
  const rows = [...waiting.map((transfer) => remoteRow(transfer, now)), ...batches.map(remoteBatchRow)];
  if (rows.length > 0) for (const line of transferTable(rows, now, columns)) writeLine(context.stdout, line);
  const { running = 0, paused = 0 } = service.counts ?? {};
  if (settings.quiet !== true)
    writeLine(
      context.stderr,
      `${running} running, ${rows.length} waiting, ${paused} paused${service.paused === true ? '; all are paused' : ''}`,
    );
}

interface Page<T> {
  readonly found: readonly T[];
  readonly nextCursor: string | undefined;
}

/** Those that wait, the next one first, until so many are found. */
async function thatWait<T extends Pick<Transfer, 'waitingPosition'>>(
  most: number,
  read: (page: { readonly limit: number; readonly cursor?: string }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const waiting: T[] = [];
  let cursor: string | undefined;
  if (most <= 0) return waiting;
  do {
    const { found, nextCursor } = await read({ limit: 100, ...stated({ cursor }) });
    waiting.push(...found.filter(({ waitingPosition }) => waitingPosition !== undefined));
    cursor = nextCursor;
  } while (cursor !== undefined && waiting.length < most);
  return waiting.sort((a, b) => (a.waitingPosition ?? 0) - (b.waitingPosition ?? 0));
}
