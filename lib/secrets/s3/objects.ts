import type { S3Client } from '@aws-sdk/client-s3';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { serviceFailure } from '../../errors/foreign.ts';
import { serviceError } from '../../errors/service.ts';

export interface SealedStore {
  /** Closed by its maker. */
  readonly client: S3Client;
  readonly bucket: string;
  /** Encrypts each of them. @default the bucket's own encryption */
  readonly kmsKeyId?: string;
}

/** JSON as objects of one bucket; nothing of what they hold is ever in an error. */
interface SealedObjects {
  put(key: string, value: unknown): Promise<void>;
  /** `undefined` = it is not there. */
  get(key: string): Promise<string | undefined>;
  /** No error when it is already gone. */
  delete(key: string): Promise<void>;
  list(prefix: string, page?: ListedFrom): Promise<ListedKeys>;
}

interface ListedFrom {
  /** At most 1000. @default 1000 */
  readonly most?: number;
  /** The last key of the page before. @default from the start */
  readonly after?: string | undefined;
}

interface ListedKeys {
  readonly keys: readonly string[];
  readonly isLast: boolean;
}

/** @param what they are, in a sentence: `the sealed sources` */
export function sealedObjects({ client, bucket, kmsKeyId }: SealedStore, what: string): SealedObjects {
  const encryption =
    kmsKeyId === undefined ? {} : ({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId } as const);

  async function call<T>(right: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw serviceError(error, { target: `${what} in the bucket ${bucket}`, right });
    }
  }

  async function textOf(Key: string): Promise<string | undefined> {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return (await Body?.transformToString('utf-8')) ?? '';
    } catch (error) {
      const { name, status } = serviceFailure(error);
      if (status === 404 && name !== 'NoSuchBucket') return undefined;
      throw error;
    }
  }

  return {
    async put(Key, value) {
      const Body = JSON.stringify(value);
      const ContentType = 'application/json';
      await call('s3:PutObject', () =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType, ...encryption })),
      );
    },
    get: (key) => call('s3:GetObject', () => textOf(key)),
    async delete(Key) {
      await call('s3:DeleteObject', () => client.send(new DeleteObjectCommand({ Bucket: bucket, Key })));
    },
    async list(Prefix, { most, after } = {}) {
      const { Contents = [], IsTruncated } = await call('s3:ListBucket', () =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: most, StartAfter: after })),
      );
      return { keys: Contents.flatMap(({ Key }) => Key ?? []), isLast: IsTruncated !== true };
    },
  };
}
