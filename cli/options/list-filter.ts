import type { TransferFilter } from '../../lib/api/requests/filter.ts';
import { ACTIVE, STATUS_WORDS } from '../../lib/api/schemas/statuses.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { isErrorCode } from '../../lib/errors/codes.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { BATCH_STATUSES } from '../../lib/transfer/batch/batch-record.ts';
import { parseLabelFilter } from '../../lib/transfer/labels.ts';
import type { Status } from '../../lib/transfer/record/record.ts';
import { stated } from '../../lib/values/stated.ts';
import type { Instant } from '../../lib/values/time.ts';
import { toIso } from '../../lib/values/time.ts';
import { parseDuration } from '../../lib/values/units.ts';
import type { VerbCall } from '../verb.ts';

export type StatusWord = (typeof STATUS_WORDS)[number] | (typeof BATCH_STATUSES)[number];

/** What `list` is to show, as it was given. */
export interface ListFilter {
  readonly words?: readonly StatusWord[];
  readonly search?: string;
  readonly host?: string;
  readonly code?: ErrorCode;
  readonly label?: string;
  readonly prefix?: string;
  /** ISO 8601. */
  readonly since?: string;
  readonly until?: string;
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
  { name: 'label', placeholder: 'NAME[=VALUE]', help: 'only transfers with this label; all of several with commas' },
  { name: 'prefix', placeholder: 'DEST', help: 'only transfers whose destination begins so' },
  {
    name: 'since',
    placeholder: 'TIME',
    help: 'only transfers from then on: 2026-05-01T12:00:00Z, or 2d for so long ago',
  },
  { name: 'until', placeholder: 'TIME', help: 'only transfers up to then, likewise' },
] as const;

const WORDS: readonly string[] = [...new Set([...STATUS_WORDS, ...BATCH_STATUSES])];

/** @throws PieceworkError `InvalidOption`. */
export function listFilter(extras: VerbCall['extras'], now: Instant): ListFilter {
  const [status, search, host, code, label, prefix, since, until] = FILTER_EXTRAS.map(({ name }) => extras[name]).map(
    (value) => (typeof value === 'string' ? value : undefined),
  );
  const words = status?.split(',');
  if (words?.every((word) => WORDS.includes(word)) === false)
    throw new PieceworkError('InvalidOption', `--status: is to be of ${WORDS.join(', ')}, with commas between several`);
  if (code !== undefined && !isErrorCode(code))
    throw new PieceworkError('InvalidOption', '--code: is no code of an error; docs/errors.md lists them');
  return stated({
    words: words as StatusWord[] | undefined,
    search,
    host,
    code,
    label,
    prefix,
    since: timeOf('since', since, now),
    until: timeOf('until', until, now),
  });
}

/** @throws PieceworkError `InvalidOption`. */
function timeOf(name: string, given: string | undefined, now: Instant): string | undefined {
  if (given === undefined) return undefined;
  const ago = parseDuration(given);
  if (ago !== undefined) return toIso(now - ago);
  if (/^\d{4}-\d\d-\d\d/.test(given) && !Number.isNaN(Date.parse(given))) return toIso(Date.parse(given));
  throw new PieceworkError(
    'InvalidOption',
    `--${name}: is to be a time such as 2026-05-01 or 2026-05-01T12:00:00Z, or how long ago, such as 90m or 2d`,
  );
}

/** Of transfers. @throws PieceworkError `InvalidOption`. */
export function transferFilter({ words, label, ...rest }: ListFilter): Omit<TransferFilter, 'batch'> {
  const labels = label === undefined ? undefined : parseLabelFilter(label);
  if (label !== undefined && labels === undefined)
    throw new PieceworkError('InvalidOption', '--label: is to be NAME or NAME=VALUE, with commas between several');
  const statuses = words?.flatMap((word) => (word === 'active' ? ACTIVE : [word as Status]));
  return {
    ...rest,
    ...stated({ statuses: statuses === undefined ? undefined : new Set(statuses), labels }),
  };
}

/** Whether a batch with this status is meant, too. */
export function meansBatch({ words, ...others }: ListFilter, status: (typeof BATCH_STATUSES)[number]): boolean {
  // What else may be asked for is of transfers alone.
  if (Object.keys(others).length > 0) return false;
  const isOpen = status === 'accepted' || status === 'running';
  return words === undefined || words.includes(status) || (isOpen && words.includes('active'));
}
