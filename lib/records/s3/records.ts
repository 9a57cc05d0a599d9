import { randomBytes } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import type { Envelope } from '../../values/envelope.ts';
import { parseEnvelope } from '../../values/envelope.ts';
import type { RecordKey, Records, Version } from '../records.ts';
import { isConflict, isNotThere, onBucket } from './errors.ts';

export interface S3RecordsOptions {
  /** For what can be repeated without a trace: reading, listing, deleting. Closed by its maker. */
  readonly client: S3Client;
  /**
   * With `maxAttempts: 1`, for conditional writes: a retry by the SDK, whose first request had arrived, is refused
   * (412) because of our own success. The writer of a record settles that by looking for its own (protocol, rule 2), so
   * it is right either way, and one read dearer.
   * @default client
   */
  readonly once?: S3Client;
  readonly bucket: string;
  /** Before every key; ends in `/` unless it is empty. @default '' */
  readonly prefix?: string;
  /** Gets a sentence that says what was damaged and set aside. @default none */
  readonly warn?: (sentence: string) => void;
  /** Paths on one page of `list`, at most 1000. @default 1000 */
  readonly pageSize?: number;
}

interface Found {
  readonly text: string;
  readonly etag: Version;
}

/** Records as objects of a bucket, swapped by S3's conditional writes: `If-None-Match: *`, `If-Match: <etag>`. */
export function s3Records({
  client,
  once = client,
  bucket,
  prefix = '',
  warn = () => {},
  pageSize = 1000,
}: S3RecordsOptions): Records {
  const at = (path: string) => ({ Bucket: bucket, Key: `${prefix}${checked(path)}` });

  async function read(path: string): Promise<Found | undefined> {
    return await onBucket(bucket, 's3:GetObject', async () => {
      try {
        const { Body, ETag } = await client.send(new GetObjectCommand(at(path)));
        return { text: (await Body?.transformToString('utf-8')) ?? '', etag: plain(ETag) };
      } catch (error) {
        if (isNotThere(error)) return undefined;
        throw error;
      }
    });
  }

  /**
   * Kept for people under `corrupt/`. Deleted only as it was read, where the store holds to that:
   * a person may have mended it just now.
   */
  async function setAside(path: string, { text, etag }: Found): Promise<string> {
    const aside = `corrupt/${path}.${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
    await onBucket(bucket, 's3:PutObject', () =>
      client.send(new PutObjectCommand({ ...at(aside), Body: Buffer.from(text) })),
    );
    await onBucket(bucket, 's3:DeleteObject', () =>
      client.send(new DeleteObjectCommand({ ...at(path), IfMatch: quoted(etag) })),
    );
    return aside;
  }

  return {
    async get<T>(key: RecordKey<T>) {
      const found = await read(key.path);
      if (found === undefined) return undefined;
      const envelope = parseEnvelope(found.text);
      if (envelope !== undefined) return { value: envelope.value as T, version: found.etag };
      const fate = await setAside(key.path, found).then(
        (aside) => `it was set aside as ${aside}`,
        (error: unknown) => `it could not be set aside: ${asPieceworkError(error).message}`,
      );
      const sentence = `the record ${key.path} in the bucket ${bucket} can't be read; ${fate}`;
      warn(sentence);
      throw new PieceworkError('RecordCorrupt', sentence);
    },

    async put<T>(key: RecordKey<T>, value: T, on: 'absent' | Version) {
      // The version is there to differ: of equal bytes the ETags are equal too, and without it A → B → A would go
      // unnoticed. Compared is the ETag.
      const envelope: Envelope = { v: 1, version: randomBytes(12).toString('hex'), value };
      const condition = on === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: quoted(on) };
      const body = { Body: JSON.stringify(envelope), ContentType: 'application/json' };
      return await onBucket(bucket, 's3:PutObject', async () => {
        try {
          const { ETag } = await once.send(new PutObjectCommand({ ...at(key.path), ...body, ...condition }));
          return plain(ETag);
        } catch (error) {
          if (!isConflict(error)) throw error;
          throw changed(key.path, error);
        }
      });
    },

    async list(under: string, cursor?: string) {
      const after = cursor === undefined ? {} : { StartAfter: `${prefix}${cursor}` };
      const { Contents = [], IsTruncated } = await onBucket(bucket, 's3:ListBucket', () =>
        client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}${under}`, MaxKeys: pageSize, ...after }),
        ),
      );
      const paths = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key.slice(prefix.length)]));
      const last = paths.at(-1);
      return IsTruncated === true && last !== undefined ? { paths, cursor: last } : { paths };
    },

    async delete(key: RecordKey<unknown>) {
      await onBucket(bucket, 's3:DeleteObject', () => client.send(new DeleteObjectCommand(at(key.path))));
    },
  };
}

function changed(path: string, cause: unknown): PieceworkError {
  return new PieceworkError('Conflict', `the record ${path} was changed by another process`, { cause });
}

/** An id that came from outside must not lead into another room, however a store or a proxy reads dots. */
function checked(path: string): string {
  if (path.split('/').every((word) => /^(?!\.{1,2}$)[A-Za-z0-9._=-]+$/.test(word))) return path;
  throw new PieceworkError('Internal', `${JSON.stringify(path)} is no path of a record`);
}

/** Stores write ETags with quotes or without. */
function plain(etag: string | undefined): Version {
  if (etag === undefined || etag === '')
    throw new PieceworkError('HomeUnavailable', 'the records bucket answered without an ETag');
  return etag.replaceAll('"', '');
}

function quoted(version: Version): string {
  return `"${version}"`;
}
