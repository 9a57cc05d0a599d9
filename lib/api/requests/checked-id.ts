import type { Context } from 'hono';
import { transferNotFound } from '../../pipeline/requests/transfer-errors.ts';
import { WHOLE_ID } from '../../values/text/whole-id.ts';
import type { ApiEnv } from '../deps.ts';

/** Anything else than an id can't be the name of a record, whatever it holds. */
export function checkedId(context: Context<ApiEnv>, text: string): string {
  const id = text.toUpperCase();
  if (!WHOLE_ID.test(id)) throw transferNotFound('with this id');
  context.set('transferId', id);
  return id;
}
