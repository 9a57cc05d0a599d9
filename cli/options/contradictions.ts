import { PieceworkError } from '../../lib/errors/error.ts';
import type { SettingKey, Settings } from './table.ts';

interface Contradiction {
  readonly first: SettingKey;
  readonly second: SettingKey;
  readonly holds: (settings: Settings) => boolean;
  readonly sentence: string;
}

/** What can't be meant together. */
const CONTRADICTIONS: readonly Contradiction[] = [
  {
    first: 'inputFile',
    second: 'urls',
    holds: ({ inputFile, urls }) => inputFile !== undefined && urls !== undefined,
    sentence: '--input-file and --urls are two words for the list: give one of them',
  },
  {
    first: 'report',
    second: 'skipReport',
    holds: ({ report, skipReport }) => report !== undefined && skipReport === true,
    sentence: '--report says where the report goes, and --skip-report that there is none: give one of them',
  },
  {
    first: 'column',
    second: 'url',
    holds: ({ column, url }) => column !== undefined && url !== undefined,
    sentence: '--column and --url both say what the URL of an entry is: give one of them',
  },
  {
    first: 'quiet',
    second: 'verbose',
    holds: ({ quiet, verbose }) => quiet === true && verbose === true,
    sentence: '--quiet and --verbose contradict each other: give one of them',
  },
  {
    first: 'noClobber',
    second: 'ifExists',
    holds: ({ noClobber, ifExists }) => noClobber === true && ifExists !== undefined && ifExists !== 'fail',
    sentence: '--no-clobber means --if-exists fail, and another --if-exists is given too: give one of them',
  },
  {
    first: 'dryRun',
    second: 'restart',
    holds: ({ dryRun, restart }) => dryRun === true && restart === true,
    sentence: '--dry-run does nothing, so there is nothing for --restart to give up: give one of them',
  },
  {
    first: 'user',
    second: 'bearer',
    holds: ({ user, bearer }) => user !== undefined && bearer !== undefined,
    sentence: '--user and --bearer both authenticate: give one of them',
  },
  {
    first: 'user',
    second: 'header',
    holds: ({ user, header }) => user !== undefined && header?.['authorization'] !== undefined,
    sentence: '--user and a header Authorization both authenticate: give one of them',
  },
  {
    first: 'bearer',
    second: 'header',
    holds: ({ bearer, header }) => bearer !== undefined && header?.['authorization'] !== undefined,
    sentence: '--bearer and a header Authorization both authenticate: give one of them',
  },
  {
    first: 'userAgent',
    second: 'header',
    holds: ({ userAgent, header }) => userAgent !== undefined && header?.['user-agent'] !== undefined,
    sentence: '--user-agent and a header User-Agent say the same thing twice: give one of them',
  },
  {
    first: 'sse',
    second: 'sseKmsKeyId',
    holds: ({ sse, sseKmsKeyId }) => sse === 's3' && sseKmsKeyId !== undefined,
    sentence: '--sse s3 uses no KMS key: give --sse kms, or leave --sse-kms-key-id away',
  },
];

/**
 * Two settings that contradict each other and come from the same place are refused; else the higher place (flags over
 * environment over config file) wins here, too.
 * @throws PieceworkError `InvalidOption`.
 */
export function settleContradictions(
  settings: Settings,
  levels: Readonly<Partial<Record<SettingKey, number>>>,
): Settings {
  let left = settings;
  for (const { first, second, holds, sentence } of CONTRADICTIONS) {
    if (!holds(left)) continue;
    const [of, over] = [levels[first] ?? 0, levels[second] ?? 0];
    if (of === over) throw new PieceworkError('InvalidOption', sentence);
    left = without(left, of < over ? first : second);
  }
  return left;
}

function without(settings: Settings, dropped: SettingKey): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => key !== dropped));
}
