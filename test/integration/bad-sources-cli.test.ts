import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BadFtpOptions } from '../support/bad-ftp.ts';
import { startBadFtp } from '../support/bad-ftp.ts';
import { startCli } from '../support/cli-process.ts';
import { startFtpServer } from '../support/ftp-server.ts';
import { patternBytes } from '../support/pattern.ts';
import type { SftpServerOptions } from '../support/sftp-server.ts';
import { startSftpServer } from '../support/sftp-server.ts';

// What a user reads whose source is bad: one sentence that says what happened, at which URL, and what to do.

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-bad-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function copy(url: string, ...more: string[]) {
  const { exitCode, stderr } = await startCli(['copy', url, 'out.bin', '--max-attempts', '1', ...more], {
    cwd: home,
  }).ended;
  const isThere = (await readdir(home)).includes('out.bin');
  expect(stderr).not.toMatch(/sesame|hunter2/);
  const [sentence = ''] = stderr.split('\n');
  return { exitCode, sentence, isThere };
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const refused = (exitCode: number, ...says: string[]) => ({
  exitCode,
  isThere: false,
  sentence: expect.stringMatching(new RegExp(`^piecework: ${says.map((one) => `.*${escaped(one)}`).join('')}`)),
});

describe('ftp', () => {
  const rows: readonly (readonly [string, BadFtpOptions, number, readonly string[]])[] = [
    ['a file without the right to read it', { unreadable: true }, 3, ['does not give it to the user "me"', 'rights']],
    [
      'the same, where the server says nothing of files',
      { unreadable: true, saysSize: null, saysTime: null },
      3,
      ['no such file', 'or the user "me" may not read it', 'check path and rights'],
    ],
    ['a passive port out of reach', { deadDataPort: true }, 4, ['the data connection to', 'firewall', 'passive ports']],
    ['a SIZE too large', { saysSize: 301_000 }, 5, ['sent 300000 of 301000 bytes', '226', 'SIZE', 'is wrong']],
    ['a SIZE too small', { saysSize: 299_000 }, 5, ['more than the 299000 bytes', 'SIZE']],
    ['ASCII only', { ascii: true }, 3, ['refuses TYPE I, binary mode', 'byte for byte']],
  ];
  test.each(rows)('%s', async (_what, options, exitCode, says) => {
    await using server = await startBadFtp(options);
    expect(await copy(server.url)).toEqual(refused(exitCode, '//***@127.0.0.1', '/file.bin: ', ...says));
  });

  test('the control connection cut in the middle: the rest is asked for on another one', async () => {
    await using server = await startBadFtp({ size: 3_000_000, cutsControlAt: 2 });
    expect(await copy(server.url)).toMatchObject({ exitCode: 0, isThere: true });
    expect((await readFile(join(home, 'out.bin'))).equals(patternBytes(0, 3_000_000))).toBe(true);
  });

  test.each([12_001_000, 11_999_000])(
    'a SIZE of %d that a file of 12000000 bytes has not: all of it',
    async (saysSize) => {
      await using server = await startBadFtp({ size: 12_000_000, saysSize });
      expect(await copy(server.url)).toMatchObject({ exitCode: 0, isThere: true });
      expect((await stat(join(home, 'out.bin'))).size).toBe(12_000_000);
    },
  );

  test('a folder, a missing file, a wrong password', async () => {
    await using server = await startFtpServer();
    await server.folder.put('folder/a.bin', patternBytes(0, 1000));
    const at = (path: string, password = 'sesame') => `ftp://me:${password}@127.0.0.1:${server.port}/${path}`;
    expect(await copy(at('folder'))).toEqual(refused(3, '/folder: this is a folder; give the URL of one file'));
    expect(await copy(at('none.bin'))).toEqual(refused(3, '/none.bin: there is no such file', 'check the path'));
    expect(await copy(at('folder/a.bin', 'hunter2'))).toEqual(
      refused(3, '"me" in at 127.0.0.1', 'check user and password'),
    );
  });
});

describe('sftp', () => {
  async function on(options: SftpServerOptions = {}) {
    const server = await startSftpServer(options);
    await server.folder.put('folder/a.bin', patternBytes(0, 3_000_000));
    return {
      server,
      known: ['--host-fingerprint', server.hostKey.fingerprint],
      at: (path: string, password = 'sesame') => `sftp://me:${password}@127.0.0.1:${server.port}/${path}`,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  }

  test('a folder, a missing file, a wrong password, an unknown host', async () => {
    await using one = await on();
    const { at, known, server } = one;
    expect(await copy(at('folder'), ...known)).toEqual(
      refused(3, '/folder: this is a folder; give the URL of one file'),
    );
    expect(await copy(at('none.bin'), ...known)).toEqual(
      refused(3, '/none.bin: there is no such file', 'check the path'),
    );
    expect(await copy(at('folder/a.bin', 'hunter2'), ...known)).toEqual(
      refused(3, '"me" in at 127.0.0.1', 'check user, password and key'),
    );
    expect(await copy(at('folder/a.bin'))).toEqual(
      refused(4, 'is not known', `--host-fingerprint ${server.hostKey.fingerprint}`),
    );
  });

  test('a file without the right to read it', async () => {
    await using one = await on({ unreadable: true });
    expect(await copy(one.at('folder/a.bin'), ...one.known)).toEqual(
      refused(3, '/folder/a.bin: the user "me" may not read it', 'check the rights'),
    );
  });

  test('the connection cut in the middle: the rest is asked for on another one, or the cut is named', async () => {
    await using one = await on({ cutAfterReads: 3 });
    const came = await copy(one.at('folder/a.bin'), ...one.known);
    // The answers that were on their way may be lost with the connection: then nothing had come to go on with.
    if (came.exitCode !== 0) return expect(came).toEqual(refused(4, 'the SSH connection broke off'));
    expect((await readFile(join(home, 'out.bin'))).equals(patternBytes(0, 3_000_000))).toBe(true);
  });
});
