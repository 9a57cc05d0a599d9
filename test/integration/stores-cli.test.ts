import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import { patternBytes } from '../support/pattern.ts';
import { clientOf } from '../support/s3-client.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

const SIZE = 20_000_001;
const BYTES = patternBytes(0, SIZE);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

let home: string;
let folder: string;
let store: S3Double;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-stores-'));
  folder = join(home, 'files');
  await mkdir(folder);
  store = await startS3Double();
  store.makeBucket('target');
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const environment = () => ({
  HOME: home,
  AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
});
const toStore = () => ['s3://target/out.bin', '--endpoint-url', store.endpoint, '--region', store.region];

describe('from one store to another', () => {
  test('each is asked with its own key, and never hears of the other’s', async () => {
    await using other = await startS3Double({ region: 'eu-west-3' });
    other.makeBucket('source');
    const client = clientOf(other, 1);
    await client.send(new PutObjectCommand({ Bucket: 'source', Key: 'in.bin', Body: BYTES }));
    client.destroy();
    const before = other.log.length;
    const source = ['--source-endpoint-url', other.endpoint, '--source-region', other.region];
    const args = ['copy', 's3://source/in.bin', ...toStore(), ...source, '--user', 'SOURCEKEY:source-secret'];
    const ended = await startCli([...args, '--piece-size', '5MiB'], { cwd: folder, environment: environment() }).ended;
    expect(ended).toMatchObject({ exitCode: 0 });
    expect((await store.object('target', 'out.bin'))?.equals(BYTES)).toBe(true);
    const signers = (log: S3Double['log']) => [...new Set(log.map(({ accessKeyId }) => accessKeyId))];
    expect(signers(other.log.slice(before))).toEqual(['SOURCEKEY']);
    expect(signers(store.log)).toEqual(['double']);
    expect(JSON.stringify(store.log)).not.toMatch(/SOURCEKEY|source-secret/);
    expect(JSON.stringify(other.log.slice(before))).not.toContain('double-secret');
  });
});

describe('stdin', () => {
  const places = [
    [
      'a file',
      () => ['out.bin'],
      () => readFile(join(folder, 'out.bin')).catch(() => undefined),
      async () => (await readdir(folder)).some((name) => name.endsWith('.part')),
    ],
    [
      'S3',
      toStore,
      () => store.object('target', 'out.bin'),
      async () => store.log.some(({ operation, status }) => operation === 'UploadPart' && status === 200),
    ],
  ] as const;

  describe.each(places)('to %s', (_name, to, result, hasBegun) => {
    async function piped(...more: string[]) {
      await writeFile(join(home, 'in.bin'), BYTES);
      const from = `head -c ${SIZE} ../in.bin`;
      return await startCli(['copy', '-', ...to(), ...more], {
        cwd: folder,
        environment: environment(),
        stdin: { from },
      }).ended;
    }

    test('through a pipe, with the size and the digest that are asked for', async () => {
      const ended = await piped('--expect-size', String(SIZE), '--expect-sha256', SHA256);
      expect(ended).toMatchObject({ exitCode: 0 });
      expect((await result())?.equals(BYTES)).toBe(true);
    });

    test.each([
      ['--expect-size', String(SIZE + 1)],
      ['--expect-size', String(SIZE - 1)],
      ['--expect-sha256', SHA256.replace(/^../, (start) => (start === '00' ? '11' : '00'))],
    ])('%s %s, which it has not: nothing under the name', async (option, value) => {
      const { exitCode, stderr } = await piped(option, value);
      expect({ exitCode, stderr }).toEqual({ exitCode: 5, stderr: expect.stringMatching(/^piecework: .+\n$/) });
      expect(await result()).toBeUndefined();
      expect(store.openUploads()).toEqual([]);
    });

    test('killed in the middle: nothing under the name', async () => {
      const cli = startCli(['copy', '-', ...to()], { cwd: folder, environment: environment(), stdin: 'pipe' });
      const pipe = cli.process.stdin;
      pipe?.on('error', () => {});
      // As much as it takes; it never ends.
      while (!(await hasBegun()) && cli.process.exitCode === null) {
        if ((pipe?.writableLength ?? 0) === 0) pipe?.write(BYTES);
        await delay(5);
      }
      cli.process.kill('SIGKILL');
      expect((await cli.ended).signal).toBe('SIGKILL');
      await store.idle();
      expect(await result()).toBeUndefined();
    });
  });
});
