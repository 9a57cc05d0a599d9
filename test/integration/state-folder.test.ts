import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLocal } from '../../lib/local/open.ts';
import { startCli } from '../support/cli-process.ts';

// A state folder that can't be written: what each command says, run by root or by another user.

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-state-'));
  await writeFile(join(folder, 'source.bin'), 'some bytes');
  await mkdir(join(folder, 'out'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const url = () => pathToFileURL(join(folder, 'source.bin')).href;
const saying = (stateDir: string, why: string) =>
  `the state folder ${stateDir} can't be written (${why}); mend its rights, or give another with --state-dir`;

test('a file is in its way: copy, batch, list, status, clean and serve say so, and end with the same code', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await writeFile(join(folder, 'urls.txt'), `${url()}\n`);
  const commands = [
    ['copy', url(), join(folder, 'out', 'a')],
    ['batch', join(folder, 'urls.txt'), `${folder}/out/`],
    ['list'],
    ['status', '01M8'],
    ['clean'],
    ['serve', '--listen', '127.0.0.1:0'],
  ];
  for (const [stateDir, some] of [
    [file, commands],
    [join(file, 'below'), commands.slice(0, 1)],
  ] as const) {
    const said = some.map(async (args) => {
      const { exitCode, stderr } = await startCli([...args, '--state-dir', stateDir], { cwd: folder }).ended;
      return [args[0], exitCode, stderr];
    });
    const expected = `piecework: ${saying(stateDir, 'there is a file in the way')}\n`;
    expect(await Promise.all(said)).toEqual(some.map(([verb]) => [verb, 6, expected]));
  }
  expect(await readdir(join(folder, 'out'))).toEqual([]);
});

test.runIf(process.platform !== 'win32')(
  'it belongs to another user: copy, batch and serve are refused, and list and status show what is there',
  async () => {
    const stateDir = join(folder, 'state');
    const request = { source: { url: url() }, destination: join(folder, 'out', 'a') };
    const batch = { entries: [{ sources: [url()] }], destination: `${folder}/out/` };
    await using _reached = await reachable(folder);
    // Everything is loaded, and every folder made, by a user who may.
    {
      await using own = openLocal({ stateDir });
      await own.copy(request);
      await own.batch(batch);
      const stop = new AbortController();
      await own.serve({ listen: '127.0.0.1:0', onListening: () => stop.abort() }, stop.signal);
    }
    const rooms = ['', 'locks', 'transfers', 'server'].map((room) => join(stateDir, room));
    for (const name of await readdir(join(stateDir, 'transfers')))
      await chmod(join(stateDir, 'transfers', name), 0o644);
    for (const room of rooms) await chmod(room, 0o555);
    await chmod(join(folder, 'out'), 0o777);
    const back = asAnother();
    try {
      await using local = openLocal({ stateDir });
      const completed = expect.objectContaining({ status: 'completed' });
      expect(await local.list()).toContainEqual(expect.objectContaining({ record: completed }));
      const refused = { code: 'DestinationNotWritable', message: saying(stateDir, 'EACCES') };
      const again = { ...request, destination: join(folder, 'out', 'b') };
      await expect(local.copy(again)).rejects.toMatchObject(refused);
      await expect(local.batch(batch)).rejects.toMatchObject(refused);
      await expect(local.serve({ listen: '127.0.0.1:0' }, AbortSignal.timeout(60_000))).rejects.toMatchObject(refused);
    } finally {
      back();
      for (const room of rooms) await chmod(room, 0o755);
    }
  },
);

/** Another user may look below it, until it is disposed of: what is made for tests is closed to others. */
async function reachable(below: string): Promise<AsyncDisposable> {
  const closed: { readonly path: string; readonly mode: number }[] = [];
  for (let path = below; path !== dirname(path); path = dirname(path)) {
    const mode = (await stat(path)).mode & 0o7777;
    if ((mode & 0o001) === 0) closed.push({ path, mode });
  }
  for (const { path, mode } of closed) await chmod(path, mode | 0o055);
  return {
    async [Symbol.asyncDispose]() {
      for (const { path, mode } of closed) await chmod(path, mode);
    },
  };
}

/** Root may write whatever a mode says: it becomes a user who may not, until what is returned is called. */
function asAnother(): () => void {
  if (process.geteuid?.() !== 0) return () => undefined;
  process.seteuid?.(65534);
  return () => process.seteuid?.(0);
}
