import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test, vi } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { patternBytes } from '../support/pattern.ts';
import { clientOf, newBucket } from '../support/s3-client.ts';
import type { MortalS3Server } from '../support/versitygw.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';

const MIB = 1024 ** 2;
const SIZE = 20 * MIB + 7;

/** A store and a folder of this test's own, and what the command line would be given for the store. */
async function bench(start: () => Promise<MortalS3Server>) {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-s3-source-'));
  const server = await start();
  const client = clientOf(server);
  const { endpoint, region, credentials } = server;
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  return {
    folder,
    server,
    client,
    bucket: await newBucket(client),
    settings: {
      stateDir: join(folder, 'state'),
      s3: { endpointUrl: endpoint, region },
      sourceS3: { endpoint, region },
    },
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      client.destroy();
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

await withServer('versitygw', versitygw, (start) => {
  test.each(['never', 'auto'] as const)(
    'versitygw: the version that was asked for comes, and not the newest (server-side copy: %s)',
    async (serverSideCopy) => {
      await using b = await bench(start);
      const { client, bucket: Bucket } = b;
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
      const put = (seed: number) =>
        client.send(new PutObjectCommand({ Bucket, Key: 'file.bin', Body: patternBytes(0, SIZE, seed) }));
      const [{ VersionId }] = [await put(1), await put(2)];
      const to = await newBucket(client);
      await using piecework = openLocal(b.settings);
      const copy = async (url: string, key: string) => {
        const options = { pieceSizeBytes: 5 * MIB, serverSideCopy };
        await piecework.copy({ source: { url }, destination: `s3://${to}/${key}`, options });
        const { Body } = await client.send(new GetObjectCommand({ Bucket: to, Key: key }));
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      };
      const old = await copy(`s3://${Bucket}/file.bin?versionId=${VersionId}`, 'old.bin');
      expect(patternBytes(0, SIZE, 1).equals(old)).toBe(true);
      const newest = await copy(`s3://${Bucket}/file.bin`, 'new.bin');
      expect(patternBytes(0, SIZE, 2).equals(newest)).toBe(true);
    },
  );

  test('versitygw: killed in the middle of a transfer from it, and started again: the transfer goes on', async () => {
    await using b = await bench(start);
    const { client, bucket: Bucket, server, folder } = b;
    await client.send(new PutObjectCommand({ Bucket, Key: 'file.bin', Body: patternBytes(0, SIZE) }));
    let restarted: Promise<void> | undefined;
    let failures = 0;
    await using piecework = openLocal({
      ...b.settings,
      onEvent({ type }) {
        if (type === 'piece.failed') failures += 1;
        if (type === 'piece.done') restarted ??= server.crash().then(() => server.revive());
      },
    });
    const path = join(folder, 'file.bin');
    await piecework.copy({
      source: { url: `s3://${Bucket}/file.bin` },
      destination: path,
      options: { pieceSizeBytes: MIB, parallelism: 2 },
    });
    await restarted;
    expect(failures).toBeGreaterThan(0);
    expect(patternBytes(0, SIZE).equals(await readFile(path))).toBe(true);
  });
});
