import { PieceworkError } from '../../errors/error.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Instant } from '../../values/time.ts';
import type { SealedName, Secrets } from '../secrets.ts';
import type { SealedStore } from './objects.ts';
import { sealedObjects } from './objects.ts';

export interface S3SecretsOptions extends SealedStore {
  /** Before `sealed/`; ends in `/` unless it is empty. @default '' */
  readonly prefix?: string;
  /** Names on one page of `list`, at most 1000. @default 1000 */
  readonly pageSize?: number;
  /**
   * A source that was unsealed is kept in the process for so long, so that not each piece asks for it; 0 = not at all.
   * @default 60 s
   */
  readonly keepMs?: number;
  /** @default Date.now */
  readonly now?: () => Instant;
}

interface Kept {
  readonly locator: SourceLocator;
  readonly until: Instant;
}

const MOST_KEPT = 100;

/**
 * Whole source locators as objects `sealed/{id}/{run}`. Who may read them is said by the bucket's policy
 * and the roles' rights alone (with a key, by that too), so only planner and fetcher have them. Nothing of
 * a locator is ever in an error.
 */
export function s3Secrets({
  prefix = '',
  pageSize = 1000,
  keepMs = 60_000,
  now = Date.now,
  ...store
}: S3SecretsOptions): Secrets {
  const objects = sealedObjects(store, 'the sealed sources');
  const kept = new Map<string, Kept>();
  const nameOf = (transferId: string, run: number) => `${prefix}sealed/${transferId}/${run}`;

  function keep(name: string, locator: SourceLocator): void {
    for (const [other, { until }] of kept) if (until <= now()) kept.delete(other);
    const oldest = kept.keys().next();
    if (kept.size >= MOST_KEPT && oldest.done !== true) kept.delete(oldest.value);
    if (keepMs > 0) kept.set(name, { locator, until: now() + keepMs });
  }

  return {
    async seal(transferId, run, locator) {
      const key = nameOf(transferId, run);
      kept.delete(key);
      await objects.put(key, { v: 1, locator });
    },

    async unseal(transferId, run) {
      const key = nameOf(transferId, run);
      const known = kept.get(key);
      if (known !== undefined && known.until > now()) return structuredClone(known.locator);
      const text = await objects.get(key);
      if (text === undefined) return undefined;
      const locator = parse(text);
      if (locator === undefined) {
        throw new PieceworkError(
          'RecordCorrupt',
          `the sealed source of transfer ${transferId}, run ${run}, can't be read; submit the transfer again`,
        );
      }
      keep(key, locator);
      return structuredClone(locator);
    },

    async discard(transferId, run) {
      const key = nameOf(transferId, run);
      kept.delete(key);
      await objects.delete(key);
    },

    async *list() {
      let last: string | undefined;
      do {
        const { keys, isLast } = await objects.list(`${prefix}sealed/`, { most: pageSize, after: last });
        for (const key of keys) {
          const name = parseName(key.slice(prefix.length));
          if (name !== undefined) yield name;
        }
        last = isLast ? undefined : keys.at(-1);
      } while (last !== undefined);
    },
  };
}

function parseName(path: string): SealedName | undefined {
  const [, transferId, run] = /^sealed\/([^/]+)\/([1-9]\d*)$/.exec(path) ?? [];
  return transferId === undefined ? undefined : { transferId, run: Number(run) };
}

/** Without a cause: what a JSON parser complains of, it quotes. */
function parse(text: string): SourceLocator | undefined {
  try {
    const { v, locator } = JSON.parse(text) as { v?: unknown; locator?: Partial<SourceLocator> };
    return v === 1 && typeof locator?.url === 'string' ? (locator as SourceLocator) : undefined;
  } catch {
    return undefined;
  }
}
