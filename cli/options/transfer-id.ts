import { PieceworkError } from '../../lib/errors/error.ts';
import type { Local } from '../../lib/index.ts';
import { printable } from '../../lib/values/text/printable.ts';

const WHOLE_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
/** Enough to choose from, without filling the screen. */
const MOST_SHOWN = 4;

/**
 * The id of the only transfer whose id begins like this.
 * @throws PieceworkError `TransferNotFound`, `InvalidOption`.
 */
export async function resolveTransferId(local: Pick<Local, 'list'>, given: string): Promise<string> {
  const prefix = given.trim().toUpperCase();
  // A whole id is taken as it is: it may be of a record that the list leaves out.
  if (WHOLE_ID.test(prefix)) return prefix;
  const ids = (await local.list()).map(({ record }) => record.id);
  const found = prefix === '' ? [] : ids.filter((id) => id.startsWith(prefix));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (found.length === 0) {
    const what = `no transfer has an id that begins with "${printable(given)}"; piecework list shows them`;
    throw new PieceworkError('TransferNotFound', what);
  }
  const shown = found.slice(0, MOST_SHOWN).join(', ');
  const more = found.length > MOST_SHOWN ? `, and ${found.length - MOST_SHOWN} more` : '';
  throw new PieceworkError(
    'InvalidOption',
    `${found.length} transfers have an id that begins with "${printable(given)}": ${shown}${more}; give more of it`,
  );
}
