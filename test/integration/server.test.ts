import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CliOptions } from '../support/cli-process.ts';
import { startCli } from '../support/cli-process.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { heldSource, rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServer } from '../support/server-process.ts';

// `piecework serve` as its user has it: a process, its token, its API, its end, and the next start.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 40 * MIB);
const PIECE = 4 * MIB;

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-server-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const runCli = (args: readonly string[], options: CliOptions) => startCli(args, options).ended;
const out = () => join(folder, 'out.bin');

const held = (path?: string) => heldSource(origin, BYTES, path);

function submit({ client }: ServerProcess, url: string, destination = out()) {
  return client.submit({ source: { url }, destination, options: { pieceSizeBytes: PIECE, parallelism: 2 } });
}

test('takes a transfer to a path, a folder and a URL of a file, and says what became of it', async () => {
  await using server = await startServer(folder);
  const url = origin.serve('/a/file.bin', rangesOf(BYTES));
  for (const [destination, path] of [
    [out(), out()],
    [`${folder}/new/`, join(folder, 'new', 'file.bin')],
    [`file://${folder}/b.bin`, join(folder, 'b.bin')],
  ] as const) {
    const { id } = await submit(server, url, destination);
    expect(await server.untilEnded(id)).toMatchObject({ status: 'completed', destination: { kind: 'file', path } });
    expect((await readFile(path)).equals(BYTES)).toBe(true);
  }
  expect(server.lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['accepted', 'planned', 'completed']));
});

test('asks for its token, but of those who ask for health and readiness; the token is its user’s alone', async () => {
  await using server = await startServer(folder);
  const { url, tokenFile } = server.server;
  const refused = await fetch(`${url}/v1/transfers`);
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({ code: 'NotAuthorized', status: 401 });
  const authorization = `Bearer ${server.token}`;
  expect((await fetch(`${url}/v1/transfers`, { headers: { authorization } })).status).toBe(200);
  // A name that leads to this machine.
  const rebound = await request(`${url}/v1/transfers`, { headers: { authorization, host: 'rebound.example' } });
  expect(rebound.statusCode).toBe(403);
  await rebound.body.dump();
  expect(await (await fetch(`${url}/v1/health`)).json()).toMatchObject({ status: 'ok' });
  await vi.waitFor(async () => expect((await fetch(`${url}/v1/ready`)).status).toBe(200));
  expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'state', 'server'))).mode & 0o777).toBe(0o700);
});

test('listens on a socket that its user alone can open, and leaves none', async () => {
  const socket = join(folder, 's');
  await writeFile(join(folder, 'x'), '');
  await using server = await startServer(folder, ['--socket', socket]);
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
  const { id } = await submit(server, origin.serve('/file.bin', rangesOf(BYTES)));
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' });
  server.process.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ exitCode: 0 });
  expect(await readdir(folder)).not.toContain('s');
});

test('killed and started again, it goes on by itself with the pieces that are missing', async () => {
  const { url, gate } = held();
  let id: string;
  {
    await using server = await startServer(folder);
    ({ id } = await submit(server, url));
    // The first has come, two wait.
    await vi.waitFor(() => expect(gate.waiting).toBe(2), { timeout: 20_000 });
    for (let pieces = 0; pieces < 2; pieces += 1) {
      gate.letOneGo();
      await vi.waitFor(() => expect(gate.waiting).toBe(2), { timeout: 20_000 });
    }
    await vi.waitFor(async () => expect((await server.client.get(id)).pieces?.doneCount).toBeGreaterThan(1));
    server.process.kill('SIGKILL');
    await server.ended;
  }
  gate.open();
  const before = origin.requests.length;
  await using server = await startServer(folder);
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed', run: 1 });
  expect((await readFile(out())).equals(BYTES)).toBe(true);
  expect(origin.requests.length - before).toBeLessThan(BYTES.length / PIECE);
  expect(server.lines).toContainEqual(expect.objectContaining({ type: 'resuming', transferId: id }));
});

test('SIGTERM: what is under way comes to its end, nothing more is begun, and the next start has the rest', async () => {
  const { url, gate } = held();
  let id: string;
  {
    await using server = await startServer(folder);
    ({ id } = await submit(server, url));
    await vi.waitFor(() => expect(gate.waiting).toBe(2), { timeout: 20_000 });
    server.process.kill('SIGTERM');
    await vi.waitFor(async () => expect((await fetch(`${server.server.url}/v1/ready`)).status).toBe(503));
    const refused = await server.client.submit({ source: { url }, destination: join(folder, 'b') }).catch(String);
    expect(refused).toContain('shutting down');
    gate.open();
    expect(await server.ended).toMatchObject({ exitCode: 0, signal: null });
  }
  const asked = origin.requests.length;
  await using server = await startServer(folder);
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' });
  expect((await readFile(out())).equals(BYTES)).toBe(true);
  // The first answer, and the two pieces that were under way, are not asked for again.
  expect(origin.requests.length - asked).toBeLessThanOrEqual(BYTES.length / PIECE - 3);
  expect(await readdir(folder)).toEqual(['out.bin', 'state']);
});

test('what it can not wait for is given up after --drain, and nothing is lost', async () => {
  const { url, gate } = held();
  let id: string;
  {
    await using server = await startServer(folder, ['--listen', '127.0.0.1:0', '--drain', '0s']);
    ({ id } = await submit(server, url));
    await vi.waitFor(() => expect(gate.waiting).toBe(2), { timeout: 20_000 });
    server.process.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ exitCode: 0 });
  }
  gate.open();
  await using server = await startServer(folder);
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' });
  expect((await readFile(out())).equals(BYTES)).toBe(true);
});

test('a transfer whose source holds a secret says that it needs it again, and goes on when it has it', async () => {
  const { url, gate } = held();
  const signed = `${url}?signature=abc`;
  let id: string;
  {
    await using server = await startServer(folder);
    ({ id } = await submit(server, signed));
    await vi.waitFor(() => expect(gate.waiting).toBe(2), { timeout: 20_000 });
  }
  gate.open();
  await using server = await startServer(folder);
  await vi.waitFor(() =>
    expect(server.lines).toContainEqual({
      type: 'warning',
      at: expect.anything(),
      message: expect.stringMatching(new RegExp(`^transfer ${id} does not go on: .*secret`)),
    }),
  );
  await server.client.retry(id, { source: { url: signed } });
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' });
  expect(JSON.stringify(server.lines)).not.toContain('abc');
});

test('a second server of one state folder is refused; a port in use is said to be ours, or another program’s', async () => {
  await using server = await startServer(folder);
  const second = await runCli(['serve', '--state-dir', `${folder}/state`], { cwd: folder });
  expect(second).toMatchObject({ exitCode: 8 });
  expect(second.stderr).toContain(`has a server already (process ${server.process.pid}, ${server.server.url})`);
  const { host } = new URL(server.server.url);
  const other = ['serve', '--state-dir', `${folder}/other`];
  const ours = await runCli([...other, '--listen', host], { cwd: folder });
  expect(ours).toMatchObject({ exitCode: 8 });
  expect(ours.stderr).toContain(`${host} is in use by another server of Piecework`);
  const program = createServer((socket) => socket.destroy());
  const port = await listenOnLoopback(program);
  const theirs = await runCli([...other, '--listen', `127.0.0.1:${port}`], { cwd: folder });
  expect(theirs.stderr).toContain('is in use by another program');
  program.close();
});

test.each([
  [['--listen', '0.0.0.0:0'], /needs --token-file, and --tls-cert/],
  [['--tls-cert', 'a.pem'], /belong together/],
  [['--token-file', 'none'], /the token in .*none can't be read \(ENOENT\)/],
])('refuses %j before it listens', async (args, why) => {
  const { exitCode, stderr } = await runCli(['serve', '--state-dir', `${folder}/state`, ...args], { cwd: folder });
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(why);
});

test('says that it is a machine, what runs there, and its limits', async () => {
  await using server = await startServer(folder, ['--listen', '127.0.0.1:0', '--running', '1', '--limit-rate', '1GiB']);
  const { url, gate } = held();
  await submit(server, url);
  await submit(server, url, join(folder, 'b'));
  await vi.waitFor(async () =>
    expect(await server.client.service()).toMatchObject({
      home: 'machine',
      paused: false,
      counts: { running: 1, waiting: 1, paused: 0 },
      limits: { running: 1, connections: 64, perHost: 16, rateNowBytesPerSecond: 1024 ** 3 },
    }),
  );
  gate.open();
});

test('submit, list and status on the same state folder find it', async () => {
  await using server = await startServer(folder);
  const state = ['--state-dir', `${folder}/state`];
  const url = origin.serve('/file.bin', rangesOf(BYTES));
  const given = await runCli(['submit', ...state, '--watch', url, 'sub/'], { cwd: folder });
  expect(given).toMatchObject({ exitCode: 0 });
  const id = String(given.stdout).trim();
  expect((await readFile(join(folder, 'sub', 'file.bin'))).equals(BYTES)).toBe(true);
  const watched = await runCli(['status', id, ...state, '--watch'], { cwd: folder });
  expect(watched.stderr).toContain(`answered by ${server.server.url}`);
  const listed = await runCli(['list', ...state, '--api', server.server.url, '--json'], { cwd: folder });
  expect(JSON.parse(String(listed.stdout))).toMatchObject({ transfers: [{ id, status: 'completed' }] });
});
