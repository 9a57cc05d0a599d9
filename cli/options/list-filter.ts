import type { TransferFilter } from '../../lib/api/requests/filter.ts';
import { ACTIVE, STATUS_WORDS } from '../../lib/api/schemas/statuses.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { isErrorCode } from '../../lib/errors/codes.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { BATCH_STATUSES } from '../../lib/transfer/batch/batch-record.ts';
import type { Status } from '../../lib/transfer/record/record.ts';
import { stated } from '../../lib/values/stated.ts';
import type { VerbCall } from '../verb.ts';

export type StatusWord = (typeof STATUS_WORDS)[number] | (typeof BATCH_STATUSES)[number];

/** What `list` is to show, as it was given. */
export interface ListFilter {
  readonly words?: readonly StatusWord[];
  readonly search?: string;
  readonly host?: string;
  readonly code?: ErrorCode;
}

export const FILTER_EXTRAS = [
  {
    name: 'status',
    placeholder: 'STATUS',
    help: 'only those with this status; several with commas; active = not over',
  },
  { name: 'search', placeholder: 'TEXT', help: 'only transfers with this in their id, source or destination' },
  { name: 'host', placeholder: 'HOST', help: 'only transfers from this host' },
  { name: 'code', placeholder: 'CODE', help: 'only transfers that failed, or wait, for this reason' },
] as const;

const WORDS: readonly string[] = [...new Set([...STATUS_WORDS, ...BATCH_STATUSES])];

/** @throws PieceworkError `InvalidOption`. */
export function listFilter(extras: VerbCall['extras']): ListFilter {
  const [status, search, host, code] = FILTER_EXTRAS.map(({ name }) => extras[name]).map((value) =>
    typeof value === 'string' ? value : undefined,
  );
  const words = status?.split(',');
  if (words?.every((word) => WORDS.includes(word)) === false)
    throw new PieceworkError('InvalidOption', `--status: is to be of ${WORDS.join(', ')}, with commas between several`);
  if (code !== undefined && !isErrorCode(code))
    throw new PieceworkError('InvalidOption', '--code: is no code of an error; docs/errors.md lists them');
  return stated({ words: words as StatusWord[] | undefined, search, host, code });
}

/** Of transfers. */
export function transferFilter({ words, ...rest }: ListFilter): Omit<TransferFilter, 'batch'> {
  const statuses = words?.flatMap((word) => (word === 'active' ? ACTIVE : [word as Status]));
  return { ...rest, ...stated({ statuses: statuses === undefined ? undefined : new Set(statuses) }) };
}

/** Whether a batch with this status is meant, too. */
export function meansBatch(
  { words, search, host, code }: ListFilter,
  status: (typeof BATCH_STATUSES)[number],
): boolean {
  if (search !== undefined || host !== undefined || code !== undefined) return false;
  const isOpen = status === 'accepted' || status === 'running';
  return words === undefined || words.includes(status) || (isOpen && words.includes('active'));
}
