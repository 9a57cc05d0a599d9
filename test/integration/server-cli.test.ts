import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import { Gate, heldSource, rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';

// The command line on a state folder that a server has: it finds it, and asks it.

vi.setConfig({ testTimeout: 120_000 });

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 40 * MIB);
const SMALL = patternBytes(3, 5000);
const WAIT = { timeout: 60_000 };

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-server-cli-'));
  await mkdir(join(folder, 'out'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const started = (...args: string[]) => startCli([...args, '--state-dir', `${folder}/state`], { cwd: folder });
async function cli(...args: string[]) {
  const { exitCode, stdout, stderr } = await started(...args).ended;
  return { exitCode, stdout: String(stdout), stderr };
}
const jsonLines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const files = async () => (await readdir(join(folder, 'out'))).filter((name) => !name.startsWith('piecework-')).sort();

test('copy gives to the server, and ends as ever: stdout, JSON, exit codes; into a folder under the source’s own name', async () => {
  const url = origin.serve('/get', {
    bytes: BYTES,
    headers: { 'content-disposition': 'attachment; filename="disk.iso"' },
  });
  await using server = await startServer(folder);
  const one = await cli('copy', url, 'out/');
  expect(one).toMatchObject({ exitCode: 0, stdout: `${folder}/out/disk.iso\n` });
  expect(one.stderr).toContain(`given to the server at ${server.server.url}`);
  expect((await readFile(join(folder, 'out', 'disk.iso'))).equals(BYTES)).toBe(true);
  const { transfers } = await server.client.list();
  expect(transfers).toMatchObject([{ status: 'completed' }]);

  const json = jsonLines((await cli('copy', url, 'out/two.iso', '--json', '--piece-size', '8MiB')).stdout);
  expect(json.at(-1)).toMatchObject({
    type: 'result',
    destination: `${folder}/out/two.iso`,
    sizeBytes: BYTES.length,
    fetchedBytes: BYTES.length,
    resumedPieces: 0,
    plan: { mode: 'pieces', pieceCount: 5 },
  });
  const types = new Set(json.map(({ type }) => type));
  for (const type of ['accepted', 'completed']) expect(types).toContain(type);

  const lacking = await cli('copy', `${origin.base}/nothing`, 'out/nothing');
  expect(lacking).toMatchObject({ exitCode: 3, stdout: '' });
  expect(lacking.stderr).toContain('there is nothing at this URL (404)');
  const exists = await cli('copy', url, 'out/two.iso', '--no-clobber');
  expect(exists.exitCode).toBe((await cli('copy', url, 'out/two.iso', '--no-clobber', '--here')).exitCode);
  expect(exists.stderr).toContain('two.iso');
});

test('Ctrl-C leaves the transfer with the server; the same command follows it, and goes on with one that was paused', async () => {
  const { url, gate } = heldSource(origin, BYTES);
  await using server = await startServer(folder);
  const args = ['copy', url, 'out/disk.iso', '--piece-size', '4MiB', '--parallel', '2'];
  const first = started(...args);
  await vi.waitFor(() => expect(gate.waiting).toBe(2), WAIT);
  await vi.waitFor(async () => expect((await server.client.list()).transfers[0]?.status).toBe('transferring'), WAIT);
  first.process.kill('SIGINT');
  const { exitCode, stderr } = await first.ended;
  const [transfer] = (await server.client.list({ status: 'active' })).transfers;
  const id = transfer?.id ?? '';
  expect(exitCode).toBe(130);
  expect(stderr).toContain(`transfer ${id} goes on in the server`);
  expect(stderr).toContain(`piecework cancel ${id} ends it`);

  const second = started(...args);
  let said = '';
  second.process.stderr?.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  await vi.waitFor(() => expect(said).toContain(`transfer ${id} brings that already`), WAIT);
  second.process.kill('SIGINT');
  await second.ended;

  await server.client.pause(id);
  gate.letOneGo();
  gate.letOneGo();
  await vi.waitFor(async () => expect((await server.client.service()).counts).toMatchObject({ paused: 1 }), WAIT);
  gate.open();
  const third = await cli(...args);
  expect(third).toMatchObject({ exitCode: 0, stdout: `${folder}/out/disk.iso\n` });
  expect((await server.client.list()).transfers).toMatchObject([{ id, status: 'completed', run: 1 }]);
  expect((await readFile(join(folder, 'out', 'disk.iso'))).equals(BYTES)).toBe(true);
});

test('batch, and copy of several, are the server’s; what failed is retried there', async () => {
  const urls = Array.from({ length: 6 }, (_, number) => origin.serve(`/${number}.bin`, rangesOf(SMALL)));
  await writeFile(join(folder, 'urls.txt'), [...urls, `${origin.base}/late.bin`].join('\n'));
  await using server = await startServer(folder);
  const first = await cli('batch', 'urls.txt', 'out', '--checksums', 'sha256', '--report', 'report.csv');
  expect(first).toMatchObject({ exitCode: 9, stdout: `${folder}/report.csv\n` });
  expect(first.stderr).toContain('6 brought, 1 failed');
  expect(first.stderr).toContain('late.bin');
  const [batch] = (await server.client.listBatches()).batches;
  expect(batch).toMatchObject({ status: 'completed', counters: { done: 6, failed: 1 } });
  expect(await files()).toContain('SHA256SUMS');
  origin.serve('/late.bin', rangesOf(SMALL));
  const again = jsonLines((await cli('retry', batch?.id ?? '', '--json')).stdout);
  expect(again.at(-1)).toMatchObject({
    type: 'result',
    batch: { batchId: batch?.id, status: 'completed', entries: 7, counters: { done: 7, failed: 0 } },
  });

  const many = await cli('copy', urls[0] ?? '', urls[1] ?? '', 'out/');
  expect(many).toMatchObject({ exitCode: 0, stdout: `${folder}/out/0.bin\n${folder}/out/1.bin\n` });
  expect((await server.client.listBatches()).batches).toHaveLength(2);

  await writeFile(join(folder, 'bad.csv'), `url,name\n${urls[0]},a\n${urls[1]},a\n`);
  const bad = await cli('batch', 'bad.csv', 'out');
  expect(bad.exitCode).toBe((await cli('batch', 'bad.csv', 'out', '--here')).exitCode);
  expect(bad.stderr).toContain('line 3');
});

test('what a server can’t be told goes here by itself, and with --here all of it', async () => {
  const url = origin.serve('/file.bin', rangesOf(SMALL));
  await writeFile(join(folder, 'urls.txt'), url);
  await using server = await startServer(folder);
  for (const args of [
    ['copy', url, '-'],
    ['copy', url, 'out/limited', '--limit-rate', '1GiB'],
    ['copy', url, 'out/here', '--here'],
    ['batch', 'urls.txt', 'out/batch', '--here'],
    ['copy', url, 'out/dry', '--dry-run'],
  ])
    expect(await cli(...args)).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('given to') });
  const said = await cli('copy', url, 'out/again', '--limit-rate', '1GiB');
  expect(said.stderr).toContain("which can't be given --limit-rate");
  expect(server.lines.filter(({ type }) => type === 'accepted' || type === 'batch.accepted')).toEqual([]);
});

test('list and status say what is paused and what waits, with the server and without it; clean leaves it alone', async () => {
  const { url, gate } = heldSource(origin, BYTES);
  const small = new Gate();
  const entries = Array.from({ length: 40 }, (_, number) => ({
    sources: [
      origin.serve(
        `/${number}.bin`,
        rangesOf(SMALL, () => small.pass()),
      ),
    ],
  }));
  let id: string;
  let batchId: string;
  {
    await using server = await startServer(folder);
    const { client } = server;
    const options = { pieceSizeBytes: 4 * MIB, parallelism: 2 };
    ({ id } = await client.submit({ source: { url }, destination: `${folder}/out/disk.iso`, options, paused: true }));
    ({ id: batchId } = await client.submitBatch({ entries, destination: `${folder}/out/` }));
    await vi.waitFor(() => expect(small.waiting).toBeGreaterThan(0), WAIT);
    const paused = await cli('pause', batchId);
    expect(paused).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${batchId} running, paused`) });
    small.open();
    await vi.waitFor(async () => expect((await client.service()).counts).toMatchObject({ paused: 2 }), WAIT);
    const { stdout } = await cli('list');
    expect(stdout).toMatch(new RegExp(`${id} +paused`));
    expect(stdout).toMatch(new RegExp(`${batchId} +paused \\(batch`));
    const json = JSON.parse((await cli('list', '--json')).stdout);
    expect(json).toMatchObject({ type: 'result', transfers: [{ id, isPaused: true }], batches: [{ id: batchId }] });
    expect((await cli('status', id)).stdout).toContain(`piecework resume ${id}`);
  }
  expect((await cli('list')).stdout).toMatch(new RegExp(`${id} +paused`));
  expect((await cli('clean')).exitCode).toBe(0);
  expect((await cli('list')).stdout).toMatch(new RegExp(`${batchId} +paused \\(batch`));
  await using server = await startServer(folder);
  await vi.waitFor(async () => expect((await server.client.service()).counts).toMatchObject({ paused: 2 }), WAIT);
  expect(await cli('cancel', id)).toMatchObject({ exitCode: 0, stdout: `${id} cancelled\n` });
  const ended = await cli('cancel', batchId);
  expect(ended.stdout).toContain(batchId);
  await vi.waitFor(async () => expect((await server.client.getBatch(batchId)).status).toBe('cancelled'), WAIT);
  gate.open();
  expect((await cli('list')).stdout).toMatch(new RegExp(`${id} +cancelled`));
});
