import type { ApiClient } from '../../lib/api/client/client.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { printable } from '../../lib/values/text/printable.ts';

const WHOLE_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
/** A short id is looked for among the newest; who means an older one has it from somewhere in full. */
const MOST_PAGES = 5;
const MOST_SHOWN = 4;

/**
 * The id of the only transfer of a deployment whose id begins like this.
 * @throws PieceworkError `TransferNotFound`, `InvalidOption`.
 */
export async function resolveRemoteId(client: ApiClient, given: string, signal: AbortSignal): Promise<string> {
  const prefix = given.trim().toUpperCase();
  if (WHOLE_ID.test(prefix)) return prefix;
  const found: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES && prefix !== ''; page += 1) {
    const { transfers, nextCursor } = await client.list({
      limit: 100,
      signal,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...transfers.map(({ id }) => id).filter((id) => id.startsWith(prefix)));
    cursor = nextCursor;
    if (cursor === undefined) break;
  }
  const [first, ...others] = found;
  if (first === undefined)
    throw new PieceworkError(
      'TransferNotFound',
      `none of the newest transfers of ${client.url} has an id that begins with "${printable(given)}"; give all of it`,
    );
  if (others.length === 0) return first;
  const shown = found.slice(0, MOST_SHOWN).join(', ');
  throw new PieceworkError(
    'InvalidOption',
    `${found.length} transfers have an id that begins with "${printable(given)}": ${shown}${found.length > MOST_SHOWN ? ', …' : ''}; give more of it`,
  );
}
