import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test, vi } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { crc32, crc32Hex } from '../../lib/integrity/crc32.ts';
import { startRelay } from '../reliability/relay.ts';
import { patternBytes } from '../support/pattern.ts';
import { newBucket } from '../support/s3-client.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 20 * MIB + 7);

await withServer('versitygw', versitygw, (start) => {
  test.each([
    ['an object without a checksum is copied by the store: next to nothing passes through us', 'WHEN_REQUIRED', true],
    ['of an object with a CRC-32 it says the wrong ones: the bytes come through us', 'WHEN_SUPPORTED', false],
  ] as const)('versitygw: %s', async (_name, requestChecksumCalculation, isCopied) => {
    const folder = await mkdtemp(join(tmpdir(), 'piecework-copy-'));
    await using server = await start();
    await using relay = await startRelay(() => Number(new URL(server.endpoint).port));
    const { endpoint, region, credentials } = server;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, requestChecksumCalculation });
    vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
    try {
      const [from, to] = [await newBucket(client), await newBucket(client)];
      await client.send(new PutObjectCommand({ Bucket: from, Key: 'a b.bin', Body: BYTES }));
      const endpointUrl = `http://127.0.0.1:${relay.port}`;
      await using piecework = openLocal({
        stateDir: join(folder, 'state'),
        s3: { endpointUrl, region },
        sourceS3: { endpoint: endpointUrl, region },
      });
      const report = await piecework.copy({
        source: { url: `s3://${from}/a%20b.bin` },
        destination: `s3://${to}/copy.bin`,
        options: { pieceSizeBytes: 5 * MIB },
      });
      expect(report.fetchedBytes).toBe(isCopied ? 0 : BYTES.length);
      expect(report.result.crc32).toBe(crc32Hex(crc32(BYTES)));
      if (isCopied) expect(relay.bytes).toBeLessThan(100_000);
      const { Body } = await client.send(new GetObjectCommand({ Bucket: to, Key: 'copy.bin' }));
      expect(Buffer.compare((await Body?.transformToByteArray()) ?? new Uint8Array(), BYTES)).toBe(0);
    } finally {
      vi.unstubAllEnvs();
      client.destroy();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
