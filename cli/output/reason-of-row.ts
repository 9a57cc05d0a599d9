import type { ErrorRecord } from '../../lib/errors/error.ts';
import { printable } from '../../lib/values/text/printable.ts';
import type { ListFilter } from '../options/list-filter.ts';
import type { TransferRow } from './transfer-table.ts';

/** The caller who asks for those that failed or were cancelled wants to read why: the reason, with the whole source. */
export function withReason(
  row: TransferRow,
  { reason }: { readonly reason?: Pick<ErrorRecord, 'code' | 'message'> | undefined },
  { words = [], code }: ListFilter,
): TransferRow {
  const isAskedFor = code !== undefined || words.includes('failed') || words.includes('cancelled');
  if (!isAskedFor || reason === undefined) return row;
  const { message } = reason;
  const about = message.includes(row.source) ? message : `${row.source}: ${message}`;
  return { ...row, reason: printable(`${about} (${reason.code})`) };
}
