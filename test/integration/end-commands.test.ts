import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Ended } from '../support/cli-process.ts';
import { startCli } from '../support/cli-process.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { startServer } from '../support/server-process.ts';

const SIZE = 50_000;
/** Writes its variables down, NUL between them, and what was made of its own options. */
const NOTE = 'env -0 | grep -z "^PIECEWORK_" >> seen';

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-commands-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function piecework(...args: readonly string[]): Promise<Ended> {
  return await startCli([...args, '--state-dir', join(folder, 'state')], { cwd: folder }).ended;
}

/** Of the last command that noted them, without their prefix. */
async function seen(): Promise<Record<string, string>> {
  const lines = (await readFile(join(folder, 'seen'), 'utf8')).split('\0').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at).replace('PIECEWORK_END_', ''), line.slice(at + 1)] as const;
    }),
  );
}

const serve = (path: string) => origin.serve(path, { size: SIZE, etag: '"v1"' });

test('a copy that is there has its command run, with what it is about in the environment', async () => {
  const url = serve('/a.bin');
  const done = await piecework('copy', `${url}?sig=hidden`, 'a.bin', '--on-complete', NOTE, '--on-error', 'exit 3');
  expect(done.exitCode).toBe(0);
  expect(await seen()).toMatchObject({
    OF: 'transfer',
    ID: expect.stringMatching(/^[0-9A-Z]{26}$/),
    STATUS: 'completed',
    SOURCE: `${url}?sig=***`,
    DESTINATION: join(folder, 'a.bin'),
    SIZE: String(SIZE),
    CRC32: expect.stringMatching(/^[0-9a-f]{8}$/),
    PIECEWORK_ON_COMPLETE: '',
    PIECEWORK_ON_ERROR: '',
  });
});

test('one that fails has the other, and its exit code stays that of the failure, whatever the command does', async () => {
  const args = ['copy', `${origin.base}/none`, 'a.bin', '--on-complete', 'exit 3'];
  const failed = await piecework(...args, '--on-error', NOTE);
  expect(failed.exitCode).toBe(3);
  expect(await seen()).toMatchObject({
    STATUS: 'failed',
    CODE: 'SourceNotFound',
    MESSAGE: expect.stringContaining('404'),
    SOURCE: `${origin.base}/none`,
    DESTINATION: 'a.bin',
  });
  const twice = await piecework(...args, '--on-error', 'exit 7');
  expect(twice.exitCode).toBe(3);
  expect(twice.stderr).toContain('the command of --on-error failed as well: it ended with exit code 7');
});

test('a command of --on-complete that fails is an exit code of its own; the object is there, and its line', async () => {
  const { exitCode, stdout, stderr } = await piecework(
    'copy',
    serve('/a.bin'),
    'a.bin',
    '--on-complete',
    'echo no; false',
  );
  expect(exitCode).toBe(10);
  expect(String(stdout)).toBe(`${join(folder, 'a.bin')}\n`);
  expect(stderr).toMatch(/^no$/m);
  expect(stderr).toContain('all is there, and the command of --on-complete failed: it ended with exit code 1');
  expect(await readFile(join(folder, 'a.bin'))).toHaveLength(SIZE);
  const none = await piecework('copy', serve('/b.bin'), 'b.bin', '--on-complete', './no-such-command');
  expect(none.exitCode).toBe(10);
});

test.each([
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned;',
  "' touch pwned '",
  '" touch pwned "',
  '&& touch pwned',
  '| touch pwned',
  'a\ntouch pwned\n',
  '-rf',
  '$IFS touch$IFS pwned',
  '%PATH%',
  'ü \u202e name',
])('a name like %j is a name to the command, and nothing more', async (name) => {
  const url = serve('/a.bin');
  await mkdir(join(folder, 'in'));
  const target = join(folder, 'in', name.replaceAll('/', '_'));
  const done = await piecework(
    'copy',
    url,
    target,
    '--on-complete',
    `${NOTE}; cat "$PIECEWORK_END_DESTINATION" > copied`,
  );
  expect(done.exitCode).toBe(0);
  expect((await seen())['DESTINATION']).toBe(target);
  expect(await readFile(join(folder, 'copied'))).toHaveLength(SIZE);
  expect(await readdir(folder)).not.toContain('pwned');
});

test('a batch has one command, by whether all is there', async () => {
  for (const name of ['a', 'b']) serve(`/${name}`);
  const list = (...names: readonly string[]) =>
    writeFile(join(folder, 'urls.txt'), names.map((name) => `${origin.base}/${name}\n`).join(''));
  await list('a', 'b', 'none');
  const some = await piecework('batch', 'urls.txt', 'out/', '--on-complete', 'touch all', '--on-error', NOTE);
  expect(some.exitCode).toBe(9);
  expect(await seen()).toMatchObject({
    OF: 'batch',
    STATUS: 'completed',
    CODE: 'EntriesFailed',
    DESTINATION: 'out/',
    ENTRIES: '3',
    DONE: '2',
    FAILED: '1',
    REPORT: expect.stringContaining('piecework-report-'),
  });
  await list('a', 'b');
  const all = await piecework('batch', 'urls.txt', 'out/', '--on-complete', NOTE, '--on-error', 'touch some');
  expect(all.exitCode).toBe(0);
  expect(await seen()).toMatchObject({ ENTRIES: '2', FAILED: '0', CANCELLED: '0' });
  expect((await readdir(folder)).filter((name) => name === 'all' || name === 'some')).toEqual([]);
});

test('an interruption is no end: neither command is run', async () => {
  const url = origin.serve(
    '/slow',
    (_request, response) => void response.writeHead(200, { 'content-length': '1000' }).write('x'),
  );
  const args = ['copy', url, 'a.bin', '--state-dir', join(folder, 'state'), '--on-complete', NOTE, '--on-error', NOTE];
  const running = startCli(args, { cwd: folder });
  await vi.waitUntil(() => origin.requests.length > 0, { timeout: 60_000 });
  running.process.kill('SIGINT');
  expect((await running.ended).exitCode).toBe(130);
  expect(await readdir(folder)).not.toContain('seen');
});

test('with --json the result comes before the error of the command', async () => {
  const { stdout, exitCode } = await piecework('copy', serve('/a.bin'), 'a.bin', '--json', '--on-complete', 'false');
  expect(exitCode).toBe(10);
  const lines = String(stdout)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; code?: string });
  expect(lines.slice(-2)).toMatchObject([{ type: 'result' }, { type: 'error', code: 'CommandFailed' }]);
});

test('a server runs them for each transfer, one after the other, and says which failed', async () => {
  const args = ['--listen', '127.0.0.1:0', '--on-complete', NOTE, '--on-error', 'exit 4'];
  await using server = await startServer(folder, args);
  const submit = (url: string) =>
    server.client.submit({ source: { url }, destination: join(folder, `${url.slice(-4)}.bin`) });
  const good = await submit(serve('/good'));
  await server.untilEnded(good.id);
  await vi.waitFor(async () => expect(await seen()).toMatchObject({ ID: good.id, STATUS: 'completed' }), 60_000);
  const bad = await submit(`${origin.base}/none`);
  await server.untilEnded(bad.id);
  const said = `the command for the end of transfer ${bad.id} failed: it ended with exit code 4`;
  await vi.waitUntil(() => server.lines.some((line) => line['message'] === said), { timeout: 60_000 });
});

test('a server runs one for a batch, by whether all is there, and none for its entries', async () => {
  const args = ['--listen', '127.0.0.1:0', '--on-complete', 'touch all', '--on-error', NOTE];
  await using server = await startServer(folder, args);
  const entries = [serve('/good'), `${origin.base}/none`].map((url) => ({ sources: [url] }));
  const { id } = await server.client.submitBatch({ entries, destination: `${join(folder, 'out')}/` });
  await vi.waitFor(async () => {
    expect(await seen()).toMatchObject({
      OF: 'batch',
      ID: id,
      STATUS: 'completed',
      CODE: 'EntriesFailed',
      DESTINATION: `${join(folder, 'out')}/`,
      DONE: '1',
      FAILED: '1',
    });
  }, 60_000);
  const [first] = entries;
  if (first === undefined) throw new Error('no entry');
  await server.client.submitBatch({ entries: [first], destination: `${join(folder, 'more')}/` });
  await vi.waitFor(async () => expect(await readdir(folder)).toContain('all'), 60_000);
  expect(await seen()).toMatchObject({ ID: id });
});
