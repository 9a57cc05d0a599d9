import type { S3Client } from '@aws-sdk/client-s3';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../errors/error.ts';
import { serviceFailure } from '../errors/foreign.ts';
import { serviceError } from '../errors/service.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import type { Instant } from '../values/time.ts';
import type { SealedName, Secrets } from './secrets.ts';

export interface S3SecretsOptions {
  /** Closed by its maker. */
  readonly client: S3Client;
  readonly bucket: string;
  /** Before `sealed/`; ends in `/` unless it is empty. @default '' */
  readonly prefix?: string;
  /** Encrypts each sealed source. @default the bucket's own encryption */
  readonly kmsKeyId?: string;
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
  client,
  bucket,
  prefix = '',
  kmsKeyId,
  pageSize = 1000,
  keepMs = 60_000,
  now = Date.now,
}: S3SecretsOptions): Secrets {
  const kept = new Map<string, Kept>();
  const nameOf = (transferId: string, run: number) => `${prefix}sealed/${transferId}/${run}`;
  const encryption =
    kmsKeyId === undefined ? {} : ({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId } as const);

  function keep(name: string, locator: SourceLocator): void {
    for (const [other, { until }] of kept) if (until <= now()) kept.delete(other);
    const oldest = kept.keys().next();
    if (kept.size >= MOST_KEPT && oldest.done !== true) kept.delete(oldest.value);
    if (keepMs > 0) kept.set(name, { locator, until: now() + keepMs });
  }

  async function call<T>(right: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw serviceError(error, { target: `the sealed sources in the bucket ${bucket}`, right });
    }
  }

  return {
    async seal(transferId, run, locator) {
      const Key = nameOf(transferId, run);
      const Body = JSON.stringify({ v: 1, locator });
      kept.delete(Key);
      await call('s3:PutObject', () =>
        client.send(
          new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType: 'application/json', ...encryption }),
        ),
      );
    },

    async unseal(transferId, run) {
      const Key = nameOf(transferId, run);
      const known = kept.get(Key);
      if (known !== undefined && known.until > now()) return structuredClone(known.locator);
      const text = await call('s3:GetObject', async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
          return (await Body?.transformToString('utf-8')) ?? '';
        } catch (error) {
          const { name, status } = serviceFailure(error);
          if (status === 404 && name !== 'NoSuchBucket') return undefined;
          throw error;
        }
      });
      if (text === undefined) return undefined;
      const locator = parse(text);
      if (locator === undefined) {
        throw new PieceworkError(
          'RecordCorrupt',
          `the sealed source of transfer ${transferId}, run ${run}, can't be read; submit the transfer again`,
        );
      }
      keep(Key, locator);
      return structuredClone(locator);
    },

    async discard(transferId, run) {
      const Key = nameOf(transferId, run);
      kept.delete(Key);
      await call('s3:DeleteObject', () => client.send(new DeleteObjectCommand({ Bucket: bucket, Key })));
    },

    async *list() {
      let last: string | undefined;
      do {
        const after = last === undefined ? {} : { StartAfter: last };
        const { Contents = [], IsTruncated } = await call('s3:ListBucket', () =>
          client.send(
            new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}sealed/`, MaxKeys: pageSize, ...after }),
          ),
        );
        for (const { Key = '' } of Contents) {
          const name = parseName(Key.slice(prefix.length));
          if (name !== undefined) yield name;
        }
        last = IsTruncated === true ? Contents.at(-1)?.Key : undefined;
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
