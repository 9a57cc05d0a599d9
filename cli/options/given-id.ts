import { PieceworkError } from '../../lib/errors/error.ts';
import type { Local } from '../../lib/index.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { WHOLE_ID } from '../../lib/values/text/whole-id.ts';

/** Enough to choose from, without filling the screen. */
const MOST_SHOWN = 4;

/** What an id is of. */
export interface GivenId {
  readonly kind: 'transfer' | 'batch';
  readonly id: string;
}

/**
 * The only transfer or batch whose id begins like this.
 * @throws PieceworkError `TransferNotFound`, `InvalidOption`.
 */
export async function resolveId(local: Pick<Local, 'list' | 'listBatches'>, given: string): Promise<GivenId> {
  const prefix = given.trim().toUpperCase();
  const batches = (await local.listBatches()).map(({ record }): GivenId => ({ kind: 'batch', id: record.id }));
  // A whole id is taken as it is: it may be of a record that the list leaves out.
  if (WHOLE_ID.test(prefix)) return batches.find(({ id }) => id === prefix) ?? { kind: 'transfer', id: prefix };
  const transfers =
    prefix === ''
      ? []
      : (await local.list({ idPrefix: prefix })).map(({ record }): GivenId => ({ kind: 'transfer', id: record.id }));
  const found = prefix === '' ? [] : [...batches, ...transfers].filter(({ id }) => id.startsWith(prefix));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (found.length === 0) {
    const what = `no transfer and no batch has an id that begins with "${printable(given)}"; piecework list shows them`;
    throw new PieceworkError('TransferNotFound', what);
  }
  const shown = found
    .slice(0, MOST_SHOWN)
    .map(({ id }) => id)
    .join(', ');
  const more = found.length > MOST_SHOWN ? `, and ${found.length - MOST_SHOWN} more` : '';
  const what = batches.length === 0 ? 'transfers' : 'transfers and batches';
  throw new PieceworkError(
    'InvalidOption',
    `${found.length} ${what} have an id that begins with "${printable(given)}": ${shown}${more}; give more of it`,
  );
}

/** @throws PieceworkError `InvalidOption`: a batch has many. */
export function refuseSource(url: string | boolean | undefined, batchId: string): void {
  if (url === undefined) return;
  throw new PieceworkError('InvalidOption', `--source is for one transfer, and ${batchId} is a batch`);
}
