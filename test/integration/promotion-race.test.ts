import { randomBytes } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Destination } from '../../lib/destinations/destination.ts';
import { finishTransfer } from '../../lib/pipeline/finish/finish-transfer.ts';
import { stagingOf } from '../../lib/pipeline/shared/upload-ref.ts';
import { clientOf, newBucket } from '../support/s3-client.ts';
import { startS3Double } from '../support/s3-double.ts';
import type { S3Server } from '../support/s3-process.ts';
import type { StagedTransfer } from '../support/staged-transfer.ts';
import { stagedTransfer } from '../support/staged-transfer.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';

/*
 * Two writers: a transfer that proves a digest under its staging key, and another program that writes over what is
 * staged there. Whatever is published has the digest.
 */

const GOOD = randomBytes(1000);
const EVIL = randomBytes(1000);
const never = new AbortController().signal;
const CONDITIONS = ['fail', 'replace'] as const;
/** What the store is taken for: one that is known to hold the condition on the source, or one that is not. */
const KINDS = [
  ['as one that pins', { pinsCopySource: true, conditionalCopy: false }],
  ['as any', { pinsCopySource: false, conditionalCopy: false }],
] as const;
type Store = (typeof KINDS)[number][1];

function races(name: string, start: () => Promise<S3Server>, { hasVersions }: { readonly hasVersions: boolean }): void {
  describe(`${name}: a staged object that another program writes over`, () => {
    let server: S3Server;
    let client: S3Client;
    beforeAll(async () => {
      server = await start();
      client = clientOf(server);
    });
    afterAll(async () => {
      client?.destroy();
      await server?.[Symbol.asyncDispose]();
    });

    async function makeBucket(): Promise<string> {
      const Bucket = await newBucket(client);
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      if (hasVersions) await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      return Bucket;
    }

    async function read(Bucket: string, Key: string): Promise<Buffer | undefined> {
      const answer = await client.send(new GetObjectCommand({ Bucket, Key })).catch((error: unknown) => {
        if ((error as Error).name === 'NoSuchKey') return undefined;
        throw error;
      });
      return answer && Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    }

    async function writeOver(Bucket: string, { stagingKey }: StagedTransfer): Promise<void> {
      await client.send(new PutObjectCommand({ Bucket, Key: stagingKey, Body: EVIL }));
    }

    async function begin(bucket: string, store: Store, ifExists: 'fail' | 'replace', before: Partial<Moments>) {
      const around = (destination: Destination) => interrupted(destination, before);
      return await stagedTransfer(server, { bucket, store, bytes: GOOD, now: Date.now(), ifExists, around });
    }

    async function openUploads(Bucket: string): Promise<number> {
      return (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.length ?? 0;
    }

    describe.each(KINDS)('taken %s', (_kind, store) => {
      test.each(CONDITIONS)('between its proof and its promotion, if-exists %s', async (ifExists) => {
        const bucket = await makeBucket();
        await using world = await begin(bucket, store, ifExists, { promote: () => writeOver(bucket, world) });
        await finishTransfer(world.ports, world.id, never);
        await world.goOn();
        const { status, reason } = (await world.record()) ?? {};
        expect([status, reason?.code]).toEqual(
          hasVersions ? ['completed', undefined] : ['failed', 'StagedObjectChanged'],
        );
        expect(await read(bucket, 'key')).toEqual(hasVersions ? GOOD : undefined);
        // The transfer leaves what is not its own.
        expect(await read(bucket, world.stagingKey)).toEqual(EVIL);
        expect(await openUploads(bucket)).toBe(0);
        expect(await world.isMarked()).toBe(false);
      });

      test('before it is read', async () => {
        const bucket = await makeBucket();
        await using world = await begin(bucket, store, 'fail', { read: () => writeOver(bucket, world) });
        await finishTransfer(world.ports, world.id, never);
        await world.goOn();
        const { status, reason } = (await world.record()) ?? {};
        expect([status, reason?.code]).toEqual(['failed', 'StagedObjectChanged']);
        expect(await read(bucket, 'key')).toBeUndefined();
        expect(await read(bucket, world.stagingKey)).toEqual(EVIL);
      });

      test('at any time: 20 rounds', async () => {
        for (let round = 1; round <= 20; round += 1) {
          const bucket = await makeBucket();
          await using world = await begin(bucket, store, 'replace', {});
          let isOver = false;
          const intruder = (async () => {
            for (let writes = 0; writes < round || !isOver; writes += 1) await writeOver(bucket, world);
          })();
          await finishTransfer(world.ports, world.id, never);
          isOver = true;
          await intruder;
          await world.goOn();
          const published = await read(bucket, 'key');
          const status = (await world.record())?.status;
          expect(published).toEqual(status === 'completed' ? GOOD : undefined);
          expect(['completed', 'failed']).toContain(status);
        }
      });
    });
  });
}

interface Moments {
  readonly read: () => Promise<void>;
  readonly promote: () => Promise<void>;
}

/** Something happens right before the staged object is read, or copied. */
function interrupted(destination: Destination, before: Partial<Moments>): Destination {
  const staging = stagingOf(destination);
  const read: typeof staging.read = async (...args) => {
    await before.read?.();
    return await staging.read(...args);
  };
  const promote: typeof staging.promote = async (...args) => {
    await before.promote?.();
    return await staging.promote(...args);
  };
  return { ...destination, proof: { ...staging, read, promote } };
}

races('our double', startS3Double, { hasVersions: false });
await withServer('versitygw', versitygw, (start) => {
  races('versitygw', start, { hasVersions: false });
  races('versitygw with versions', start, { hasVersions: true });
});
