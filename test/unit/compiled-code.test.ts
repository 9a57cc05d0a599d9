import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { CodePack } from '../../cli/start/code-pack.ts';
import { pack, readPack } from '../../cli/start/code-pack.ts';
import type { CompiledCode } from '../../cli/start/compiled-code.ts';
import { compiledCode } from '../../cli/start/compiled-code.ts';

const parent = await mkdtemp(join(tmpdir(), 'piecework-code-'));
afterAll(() => rm(parent, { recursive: true }));

const SOURCE = '(function () { return [1, 2].map((one) => one + 1); })';
const OTHER = '(function () { return [1, 3].map((one) => one + 1); })';

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(parent, 'home-')), 'compiled', 'copy.code');
});

/** Whether V8 took code that was kept: `undefined` where it was given none. */
function use(code: CompiledCode, file: string, source = SOURCE): boolean | undefined {
  const script = code.script(file, source, { filename: `/${file}` });
  (script.runInThisContext() as () => unknown)();
  return script.cachedDataRejected === undefined ? undefined : !script.cachedDataRejected;
}

function start(files: Readonly<Record<string, string>>): readonly (boolean | undefined)[] {
  const code = compiledCode(path);
  const used = Object.entries(files).map(([file, source]) => use(code, file, source));
  code.keep();
  return used;
}

const kept = () => readPack(path);

test('what one start compiled the next one takes; the first three add to it', async () => {
  expect(start({ 'main.cjs': SOURCE })).toEqual([undefined]);
  for (const runs of [1, 2, 3, 3]) {
    expect(kept()?.runs).toBe(runs);
    expect(start({ 'main.cjs': SOURCE })).toEqual([true]);
  }
});

test('a file of another content, though of the same length, is compiled anew', async () => {
  start({ 'main.cjs': SOURCE });
  expect(start({ 'main.cjs': OTHER })).toEqual([undefined]);
  expect(start({ 'main.cjs': OTHER })).toEqual([true]);
});

test('another file of the same bundle is added; of another bundle nothing stays', async () => {
  start({ 'main.cjs': SOURCE, 'one.cjs': SOURCE });
  start({ 'main.cjs': SOURCE, 'two.cjs': SOURCE });
  expect([...(kept()?.files.keys() ?? [])]).toEqual(['main.cjs', 'one.cjs', 'two.cjs']);
  start({ 'main.cjs': OTHER });
  expect([...(kept()?.files.keys() ?? [])]).toEqual(['main.cjs']);
});

test('code that V8 rejects is written anew', async () => {
  start({ 'main.cjs': SOURCE });
  const code = kept()?.files.get('main.cjs')?.code();
  // One that this V8 has not seen: it would know what it compiled itself.
  const unseen = '(function () { return "never compiled before"; })';
  const of = { sourceCrc32: crc32(unseen), code: () => code };
  await writeFile(path, wholePack({ runs: 3, files: new Map([['main.cjs', of]]) }));
  expect(start({ 'main.cjs': unseen })).toEqual([false]);
  expect(kept()?.runs).toBe(1);
  expect(start({ 'main.cjs': unseen })).toEqual([true]);
});

describe('a pack', () => {
  const texts = { 'a.cjs': 'abcdefghi', 'b.cjs': 'xyz' };
  const files = new Map(
    Object.entries(texts).map(([name, text], index) => [
      name,
      { sourceCrc32: 4_294_967_295 - index, code: () => new TextEncoder().encode(text) },
    ]),
  );
  const bytes = wholePack({ runs: 2, files });
  const found = async (written: Uint8Array) => {
    path = join(parent, 'pack');
    await writeFile(path, written);
    const read = kept();
    return read && { runs: read.runs, texts: [...read.files.values()].map((one) => textOf(one.code())) };
  };

  test('holds what was put in', async () => {
    expect(await found(bytes)).toEqual({ runs: 2, texts: Object.values(texts) });
    expect([...(kept()?.files ?? [])].map(([name, { sourceCrc32 }]) => [name, sourceCrc32])).toEqual([
      ['a.cjs', 4_294_967_295],
      ['b.cjs', 4_294_967_294],
    ]);
  });

  test('of which one bit is another one, or the end is missing, lacks what that stood in', async () => {
    const whole = Object.values(texts);
    for (let at = 0; at < bytes.length; at += 1) {
      const turned = Buffer.from(bytes);
      turned[at] = (turned[at] ?? 0) ^ (1 << (at % 8));
      for (const damaged of [turned, bytes.subarray(0, at)]) {
        const read = await found(damaged);
        expect(read?.texts).not.toEqual(whole);
        for (const [index, text] of (read?.texts ?? []).entries()) expect([whole[index], undefined]).toContain(text);
      }
    }
  });
});

function wholePack(given: CodePack): Buffer {
  return Buffer.concat(Array.from(pack(given), (chunk) => Buffer.from(chunk)));
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString();
}

describe('the file', () => {
  test('is the account’s own', async () => {
    start({ 'main.cjs': SOURCE });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
  });

  test('of another account, or behind a link, is not read', async ({ skip }) => {
    start({ 'main.cjs': SOURCE });
    const elsewhere = `${path}.elsewhere`;
    await writeFile(elsewhere, await readFile(path));
    await rm(path);
    await symlink(elsewhere, path);
    expect(use(compiledCode(path), 'main.cjs')).toBeUndefined();
    await rm(path);
    await writeFile(path, await readFile(elsewhere));
    expect(use(compiledCode(path), 'main.cjs')).toBe(true);
    if (process.geteuid?.() !== 0) skip('only root may give a file to another account');
    await chown(path, 12_345, 12_345);
    expect(use(compiledCode(path), 'main.cjs')).toBeUndefined();
  });

  test('that another process is writing is left to it, unless that one has died', async () => {
    await mkdir(join(path, '..'));
    const coming = `${path}.new`;
    await writeFile(coming, 'half');
    start({ 'main.cjs': SOURCE });
    expect(await readdir(join(path, '..'))).toEqual(['copy.code.new']);
    await utimes(coming, 0, 0);
    start({ 'main.cjs': SOURCE });
    expect(await readdir(join(path, '..'))).toEqual(['copy.code']);
  });

  test('that can’t be written is done without', async () => {
    await writeFile(join(path, '..', '..', 'file'), '');
    path = join(path, '..', '..', 'file', 'copy.code');
    expect(start({ 'main.cjs': SOURCE })).toEqual([undefined]);
    expect(start({ 'main.cjs': SOURCE })).toEqual([undefined]);
  });
});
