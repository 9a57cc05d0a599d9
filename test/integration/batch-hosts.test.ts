import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { reported, sha256 } from '../support/batch-bench.ts';
import { reached, startCli } from '../support/cli-process.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startS3Double } from '../support/s3-double.ts';

// What a batch does to hosts and stores, counted: politeness, reading and writing apart, and kills.

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-batch-hosts-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function listOf(urls: readonly string[]): Promise<string> {
  const path = join(folder, 'list.txt');
  await writeFile(path, `${urls.join('\n')}\n`);
  return path;
}

test('a host that allows four connections is asked for four at a time once that is learned', async () => {
  const COUNT = 1500;
  let open = 0;
  let refused = 0;
  const urls = Array.from({ length: COUNT }, (_, index) =>
    origin.serve(`/f/${index}`, async (_request, response) => {
      open += 1;
      const isOver = open > 4;
      if (isOver) refused += 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
      // Before the answer is there, nothing new comes in its place.
      open -= 1;
      if (isOver) response.writeHead(429).end();
      else response.writeHead(200, { 'content-length': 3, etag: '"v"' }).end('abc');
    }),
  );
  await using piecework = openLocal({ stateDir: join(folder, 'state'), backoff: { baseMs: 20, capMs: 200 } });
  const report = await piecework.batch({
    list: { from: await listOf(urls) },
    destination: join(folder, 'out'),
    options: { ifExists: 'replace' },
  });
  expect(report.counters).toMatchObject({ done: COUNT, failed: 0 });
  expect(refused).toBeGreaterThan(0);
  expect(refused / origin.requests.length).toBeLessThan(0.02);
});

test('--parallel bounds the connections to all hosts together', async () => {
  await using other = await startOrigin();
  let open = 0;
  let most = 0;
  const urls = Array.from({ length: 80 }, (_, index) =>
    (index % 2 === 0 ? origin : other).serve(`/f/${index}`, async (_request, response) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 20));
      open -= 1;
      response.writeHead(200, { 'content-length': 3, etag: '"v"' }).end('abc');
    }),
  );
  await using piecework = openLocal({ stateDir: join(folder, 'state') });
  const list = { from: await listOf(urls) };
  const report = await piecework.batch({ list, destination: join(folder, 'out'), options: { parallelism: 3 } });
  expect(report.counters).toMatchObject({ done: 80, failed: 0 });
  expect(most).toBe(3);
});

test('a slow store has more puts at a time than the source has places', async () => {
  await using store = await startS3Double();
  const { endpoint, region } = store;
  const { accessKeyId, secretAccessKey } = store.credentials;
  store.makeBucket('target');
  const held = Promise.withResolvers<void>();
  store.fail({ operation: 'PutObject', times: 1000, what: { kind: 'hold', until: held.promise } });
  const urls = Array.from({ length: 60 }, (_, index) => origin.serve(`/s/${index}.bin`, { size: 4096, seed: index }));
  const arrived = () => store.log.filter(({ operation }) => operation === 'PutObject').length;
  const cli = startCli(
    ['batch', await listOf(urls), 's3://target/in/', '--per-host', '4', '--if-exists', 'replace', '--skip-report'],
    {
      cwd: folder,
      environment: {
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_REGION: region,
      },
    },
  );
  // All puts are under way at a time, though the source has four places.
  await reached(() => arrived() >= 60, cli);
  expect(arrived()).toBe(60);
  held.resolve();
  const { exitCode, stderr } = await cli.ended;
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('60 brought')]);
  expect((await store.object('target', 'in/59.bin'))?.equals(patternBytes(0, 4096, 59))).toBe(true);
});

test('killed again and again, each entry has one outcome in the end, and all bytes are right', async () => {
  const COUNT = 400;
  const urls = Array.from({ length: COUNT }, (_, index) =>
    origin.serve(`/k/${index}.bin`, { size: 2000 + index, seed: index, lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' }),
  );
  const large = origin.serve('/k/large.bin', { size: 20 * 1024 ** 2, seed: 1 });
  const list = await listOf([...urls, large]);
  const start = () => startCli(['batch', list, 'out', '--parallel', '4', '--json'], { cwd: folder });
  for (const after of [40, 150, 300]) {
    const cli = start();
    const before = origin.requests.length;
    await reached(() => origin.requests.length - before >= after, cli);
    cli.process.kill('SIGKILL');
    await cli.ended;
  }
  const { exitCode, stdout } = await start().ended;
  expect(exitCode).toBe(0);
  const { batch } = JSON.parse(String(stdout).trimEnd().split('\n').at(-1) ?? '');
  const outcomes = await reported(batch);
  expect(outcomes.map(({ entry }) => entry)).toEqual(Array.from({ length: COUNT + 1 }, (_, index) => index + 1));
  for (let index = 0; index < COUNT; index += 1) {
    const bytes = await readFile(join(folder, 'out', `${index}.bin`));
    expect(sha256(bytes)).toBe(sha256(patternBytes(0, 2000 + index, index)));
  }
  expect(sha256(await readFile(join(folder, 'out', 'large.bin')))).toBe(sha256(patternBytes(0, 20 * 1024 ** 2, 1)));
  const names = await readdir(join(folder, 'out'));
  expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
  expect(names.length).toBe(COUNT + 2);
});
