import type { S3Client } from '@aws-sdk/client-s3';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../errors/error.ts';
import { serviceFailure } from '../errors/foreign.ts';
import { serviceError } from '../errors/service.ts';
import type { SealedDocuments } from './secrets.ts';

export interface S3DocumentsOptions {
  /** Closed by its maker. */
  readonly client: S3Client;
  readonly bucket: string;
  /** Encrypts each of them. @default the bucket's own encryption */
  readonly kmsKeyId?: string;
}

/** Deleted at a time. */
const SIDE_BY_SIDE = 16;

/** Lists and shards of batches as objects `sealed/{name}`, beside the sealed sources and with the same rights. */
export function s3SealedDocuments({ client, bucket, kmsKeyId }: S3DocumentsOptions): SealedDocuments {
  const keyOf = (name: string) => `sealed/${name}`;
  const encryption =
    kmsKeyId === undefined ? {} : ({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId } as const);

  async function call<T>(right: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw serviceError(error, { target: `the sealed lists in the bucket ${bucket}`, right });
    }
  }

  async function textOf(name: string): Promise<string | undefined> {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(name) }));
      return (await Body?.transformToString('utf-8')) ?? '';
    } catch (error) {
      const failure = serviceFailure(error);
      if (failure.status === 404 && failure.name !== 'NoSuchBucket') return undefined;
      throw error;
    }
  }

  return {
    async seal(name, value) {
      const Body = JSON.stringify(value);
      const ContentType = 'application/json';
      await call('s3:PutObject', () =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(name), Body, ContentType, ...encryption })),
      );
    },

    async unseal<T>(name: string) {
      const text = await call('s3:GetObject', () => textOf(name));
      if (text === undefined) return undefined;
      try {
        return JSON.parse(text) as T;
      } catch {
        // Without a cause: what a JSON parser complains of, it quotes.
        throw new PieceworkError('RecordCorrupt', 'a sealed list can not be read; submit the batch again');
      }
    },

    async discard(prefix) {
      for (;;) {
        // From the beginning each time: what was listed is gone.
        const { Contents = [], IsTruncated } = await call('s3:ListBucket', () =>
          client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: keyOf(prefix) })),
        );
        for (let at = 0; at < Contents.length; at += SIDE_BY_SIDE) {
          const some = Contents.slice(at, at + SIDE_BY_SIDE);
          await call('s3:DeleteObject', () =>
            Promise.all(some.map(({ Key }) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key })))),
          );
        }
        if (IsTruncated !== true) return;
      }
    },
  };
}
