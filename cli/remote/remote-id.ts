import type { ApiClient } from '../../lib/api/client/client.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { WHOLE_ID } from '../../lib/values/text/whole-id.ts';
import type { GivenId } from '../options/given-id.ts';

/** A short id is looked for among the newest; who means an older one has it from somewhere in full. */
const MOST_PAGES = 5;
const MOST_SHOWN = 4;

/**
 * The only transfer or batch of a deployment whose id begins like this.
 * @throws PieceworkError `TransferNotFound`, `InvalidOption`.
 */
export async function resolveRemoteId(client: ApiClient, given: string, signal: AbortSignal): Promise<GivenId> {
  const prefix = given.trim().toUpperCase();
  if (WHOLE_ID.test(prefix))
    return { kind: (await isBatch(client, prefix, signal)) ? 'batch' : 'transfer', id: prefix };
  const found =
    prefix === ''
      ? []
      : [...(await batchesLike(client, prefix, signal)), ...(await transfersLike(client, prefix, signal))];
  const [first, ...others] = found;
  if (first === undefined)
    throw new PieceworkError(
      'TransferNotFound',
      `none of the newest transfers of ${client.url} has an id that begins with "${printable(given)}"; give all of it`,
    );
  if (others.length === 0) return first;
  const shown = found
    .slice(0, MOST_SHOWN)
    .map(({ id }) => id)
    .join(', ');
  throw new PieceworkError(
    'InvalidOption',
    `${found.length} transfers have an id that begins with "${printable(given)}": ${shown}${found.length > MOST_SHOWN ? ', …' : ''}; give more of it`,
  );
}

async function isBatch(client: ApiClient, id: string, signal: AbortSignal): Promise<boolean> {
  return (await unlessNone(client.getBatch(id, { signal }))) !== undefined;
}

/** A deployment that knows no batches has none. */
async function unlessNone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof PieceworkError && ['BatchNotFound', 'RouteNotFound'].includes(error.code)) return undefined;
    throw error;
  }
}

async function transfersLike(client: ApiClient, prefix: string, signal: AbortSignal): Promise<readonly GivenId[]> {
  const found: GivenId[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { transfers, nextCursor } = await client.list({
      limit: 100,
      signal,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { id } of transfers) if (id.startsWith(prefix)) found.push({ kind: 'transfer', id });
    cursor = nextCursor;
    if (cursor === undefined) break;
  }
  return found;
}

async function batchesLike(client: ApiClient, prefix: string, signal: AbortSignal): Promise<readonly GivenId[]> {
  const page = await unlessNone(client.listBatches({ limit: 100, signal }));
  return (page?.batches ?? []).flatMap(({ id }) => (id.startsWith(prefix) ? [{ kind: 'batch' as const, id }] : []));
}
