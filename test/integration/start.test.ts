import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { readPack } from '../../cli/start/code-pack.ts';
import { bundleCommand } from '../../scripts/bundling/command.ts';
import { reachedAtOnce } from '../../scripts/bundling/sizes.ts';
import { startCli } from '../support/cli-process.ts';
import { startOrigin } from '../support/origin.ts';

// What bin/piecework.js starts: the bundle, or the sources of a checkout that were changed after it was made.

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const parent = await mkdtemp(join(tmpdir(), 'piecework-start-'));
afterAll(() => rm(parent, { recursive: true }));

let folder: string;
const start = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, [join(folder, 'bin', 'piecework.js'), ...args], { cwd: folder, env: { HOME: folder } }))
    .stdout;

/** A checkout whose command line says which of its two forms runs. */
beforeEach(async () => {
  folder = await mkdtemp(join(parent, 'checkout-'));
  for (const path of ['bin/piecework.js', 'scripts/bundling/inputs.js'])
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  for (const path of ['cli', 'dist/cli']) await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'package-lock.json'), '{}');
  await writeFile(join(folder, 'cli', 'main.ts'), "console.log('sources' satisfies string);");
  await writeFile(join(folder, 'dist', 'cli', 'start.cjs'), "exports.start = () => console.log('bundle');");
  const { writeInputs } = await import(join(folder, 'scripts/bundling/inputs.js'));
  writeInputs(['cli/main.ts', 'node_modules/zod/index.js', 'builtin:node:fs']);
});

test('before it knows what is asked, the command line reads commander and nothing else of other projects', async () => {
  const { outputs } = await bundleCommand(join(folder, 'dist', 'cli'));
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === 'cli/main.ts') ?? '';
  const inputs = reachedAtOnce(outputs, entry).flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
  const projects = new Set(inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
  expect([...projects]).toEqual(['commander']);
});

test('a checkout starts the bundle of its sources', async () => {
  expect(await start()).toBe('bundle\n');
});

test.each(['cli/main.ts', 'package-lock.json'])('a change of %s since then starts the sources', async (path) => {
  await writeFile(join(folder, path), `${await readFile(join(folder, path), 'utf8')}\n`);
  expect(await start()).toBe('sources\n');
});

test('without a bundle, or with one that says not what it is of, the sources', async () => {
  await writeFile(join(folder, 'dist', 'cli', 'inputs.json'), '{ "cli/main.ts": ');
  expect(await start()).toBe('sources\n');
  await rm(join(folder, 'dist'), { recursive: true });
  expect(await start()).toBe('sources\n');
});

test('the package, which has no sources, starts the bundle', async () => {
  await rm(join(folder, 'cli'), { recursive: true });
  await rm(join(folder, 'scripts'), { recursive: true });
  expect(await start()).toBe('bundle\n');
});

async function packageOfBundle(): Promise<string> {
  const packaged = join(folder, 'packaged');
  await cp(join(ROOT, 'bin'), join(packaged, 'bin'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(packaged, 'package.json'));
  await bundleCommand(join(packaged, 'dist', 'cli'));
  return join(packaged, 'bin', 'piecework.js');
}

test('what the first starts compiled later ones run, whatever V8 was asked for meanwhile; by verb, in the folder for caches', async () => {
  await using origin = await startOrigin();
  const binary = await packageOfBundle();
  // So large that V8's heap is kept small for it.
  const url = origin.serve('/large.bin', { size: 5 * 1024 ** 2, etag: '"v1"' });
  const caches = join(folder, '.cache', 'piecework', 'compiled');
  const kept = () => readPack(join(caches, 'copy.code'));
  const cli = async (...args: string[]) => {
    const ended = await startCli(args, { cwd: folder, binary, environment: { NODE_COMPILE_CACHE: '' } }).ended;
    expect(ended).toMatchObject({ exitCode: 0 });
  };
  for (const [index, runs] of [1, 2, 3, 3].entries()) {
    await cli('copy', url, `${index}.bin`);
    // It begins again at 1 where V8 rejects a file's code, or a file has none.
    expect(kept()?.runs).toBe(runs);
  }
  expect([...(kept()?.files.keys() ?? [])]).toContain('main.cjs');
  // What it needs for stdout was not read until now; the other files' code stays.
  const before = [...(kept()?.files.keys() ?? [])];
  await cli('copy', url, '-');
  const after = kept();
  expect(after?.runs).toBe(1);
  expect([...(after?.files.keys() ?? [])]).toEqual(expect.arrayContaining(before));
  const refused = startCli(['cpoy', url], { cwd: folder, binary, environment: { NODE_COMPILE_CACHE: '' } });
  expect((await refused.ended).exitCode).toBe(2);
  expect(await readdir(caches)).toEqual(['copy.code']);
  await rm(caches, { recursive: true });
  await startCli(['list'], { cwd: folder, binary, environment: { NODE_DISABLE_COMPILE_CACHE: '1' } }).ended;
  await expect(readdir(caches)).rejects.toThrow('ENOENT');
});

test('the bundle names the places of an error in the sources, loads what it uses, and says what it runs', async () => {
  const binary = await packageOfBundle();
  const cli = (...args: string[]) => startCli(args, { cwd: folder, binary }).ended;
  const refused = await cli('copy', 'http://127.0.0.1:1/x', 'out', '--verbose', '--max-attempts', '1');
  expect(refused.stderr).toMatch(/^ {4}at \w+ \(\S*lib\/net\/errors\/source-error\.ts:\d+:\d+\)$/m);
  expect(refused.stderr).not.toContain('dist/cli');
  const loaded = join(folder, 'loaded.cjs');
  await writeFile(loaded, "process.on('exit', () => console.error(process.moduleLoadList.join('\\n')));");
  const { stderr } = await run(process.execPath, ['--require', loaded, binary, '--version'], { env: { HOME: folder } });
  expect(stderr.split('\n')).toContain('NativeModule fs');
  // Named by what is read at the start, and used by nothing that this does.
  for (const unused of ['crypto', 'child_process', 'tls'])
    expect(stderr.split('\n')).not.toContain(`NativeModule ${unused}`);
  const { stdout } = await cli('--version', '--verbose');
  expect(String(stdout)).toMatch(/^piecework \d+\.\d+\.\d+\nruns the bundle, on Node \d+\.\d+\.\d+ \(\w+, \w+\)\n$/);
});
