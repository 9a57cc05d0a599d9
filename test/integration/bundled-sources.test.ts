import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startFtpServer } from '../support/ftp-server.ts';
import { patternBytes } from '../support/pattern.ts';
import { startSftpServer } from '../support/sftp-server.ts';

/* The code that Lambda gets (`npm run bundle`), loaded by a Node of its own. */

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const BYTES = patternBytes(0, 1_000_000);
const EXPECTED = { sha256: createHash('sha256').update(BYTES).digest('hex'), natives: [] };

const folderOf = (stage: string) => join(ROOT, 'dist', 'lambda', stage);

/** The bundler names a chunk after its file, and each scheme's is `source.ts`: so it is found by what it exports. */
async function chunkThatExports(folder: string, name: string): Promise<string | undefined> {
  for (const file of await readdir(folder)) {
    const isCode = file.endsWith('.mjs') && file !== 'index.mjs';
    if (!isCode) continue;
    const [, exported = ''] = /\bexport\s*\{([^}]*)\}/.exec(await readFile(join(folder, file), 'utf8')) ?? [];
    if (exported.split(',').some((one) => one.split(' as ').at(-1)?.trim() === name)) return file;
  }
  return undefined;
}

async function readThrough(stage: string, scheme: string, locator: object): Promise<unknown> {
  const chunk = await chunkThatExports(folderOf(stage), `${scheme}Source`);
  if (chunk === undefined) throw new Error(`${folderOf(stage)} has no code for ${scheme}: run "npm run bundle"`);
  const script = join(ROOT, 'test', 'support', 'read-bundled.ts');
  const args = [script, join(folderOf(stage), chunk), `${scheme}Source`, JSON.stringify(locator)];
  return JSON.parse((await run(process.execPath, args)).stdout);
}

describe.each(['planner', 'fetcher'])('%s', (stage) => {
  test('reads over SFTP without any native add-on', async () => {
    await using server = await startSftpServer({ password: 'sesame' });
    await server.folder.put('file.bin', BYTES);
    const url = `sftp://me:sesame@127.0.0.1:${server.port}/file.bin`;
    expect(await readThrough(stage, 'sftp', { url, hostFingerprint: server.hostKey.fingerprint })).toEqual(EXPECTED);
  });

  test('reads over FTP', async () => {
    await using server = await startFtpServer();
    await server.folder.put('file.bin', BYTES);
    const url = `ftp://me:${server.password}@127.0.0.1:${server.port}/file.bin`;
    expect(await readThrough(stage, 'ftp', { url })).toEqual(EXPECTED);
  });

  test('begins without the code of either, and has nothing native beside it', async () => {
    const names = await readdir(folderOf(stage));
    expect(names.filter((name) => !/\.mjs(\.map)?$/.test(name))).toEqual([]);
    // All that Node reads at the start: the entry, and what it and they import by statement.
    const reached = new Set(['index.mjs']);
    for (const name of reached) {
      const code = await readFile(join(folderOf(stage), name), 'utf8');
      // Whole words: the names of other files, which end with what their hash is, may have such letters too.
      expect(/\bkeyboard-interactive\b|\bEPSV\b/.test(code), name).toBe(false);
      for (const [, other = ''] of code.matchAll(/(?:from|import)\s*"\.\/([^"]+\.mjs)"/g)) reached.add(other);
    }
    expect(reached.size).toBeGreaterThan(1);
    const all = await Promise.all(names.map((name) => readFile(join(folderOf(stage), name), 'utf8')));
    expect(all.some((code) => code.includes('keyboard-interactive'))).toBe(true);
  });
});

test.each(['api', 'finalizer'])('%s, which contacts no source, has no code for one', async (stage) => {
  const names = await readdir(folderOf(stage));
  expect(names.filter((name) => /^(ftp|sftp|s3)-/.test(name))).toEqual([]);
});
