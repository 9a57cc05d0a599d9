import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { createAuthority } from '../support/certificates.ts';
import type { CliProcess } from '../support/cli-process.ts';
import { reached, startCli } from '../support/cli-process.ts';
import { startFtpServer } from '../support/ftp-server.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import { FILE_BYTES, ONE_FILE } from '../support/source-servers.ts';
import { knownHostsLine, sshKey } from '../support/ssh-keys.ts';
import { sshd } from '../support/sshd.ts';
import { vsftpd } from '../support/vsftpd.ts';
import { withServer } from '../support/with-server.ts';

const authority = createAuthority();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const WHOLE = sha256(patternBytes(0, FILE_BYTES));

let home: string;
let folder: string;
let caFile: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-sources-'));
  folder = join(home, 'files');
  caFile = join(home, 'ca.pem');
  await mkdir(folder);
  await writeFile(caFile, authority.cert);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const start = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): CliProcess =>
  startCli(args, { cwd: folder, environment: { HOME: home, ...environment } });

/** Killed when three pieces are there; the same command then fetches the others only. */
async function goesOnAfterKill(
  url: string,
  more: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const command = ['copy', url, 'big.bin', '--piece-size', '1MiB', '--parallel', '2', ...more];
  const cli = start([...command, '--json', '--limit-rate', '6MiB'], environment);
  let out = '';
  cli.process.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  await reached(() => (out.match(/"piece\.done"/g) ?? []).length >= 3, cli);
  cli.process.kill('SIGKILL');
  await cli.ended;
  expect(await readdir(folder)).not.toContain('big.bin');

  const { exitCode, stderr } = await start(command, environment).ended;
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^resuming .*: [3-9] of 9 pieces present/),
  });
  expect(sha256(await readFile(join(folder, 'big.bin')))).toBe(WHOLE);
  expect(await readdir(folder)).toEqual(['big.bin']);
}

describe.each(Object.keys(ONE_FILE))('%s', (scheme) => {
  const open = () => {
    const make = ONE_FILE[scheme];
    if (make === undefined) throw new Error(scheme);
    return make('sesame', authority.issue(), caFile);
  };

  test('goes on after kill -9 with the pieces that are there', async () => {
    await using one = await open();
    await goesOnAfterKill(one.url, one.args, one.environment);
  });

  test('a file that is not there is one sentence', async () => {
    await using one = await open();
    const { exitCode, stderr, stdout } = await start(
      ['copy', one.url.replace('big.bin', 'none.bin'), ...one.args],
      one.environment,
    ).ended;
    expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^piecework: [^\n]*none\.bin[^\n]*\n$/);
    expect(await readdir(folder)).toEqual([]);
  });
});

await withServer('vsftpd', vsftpd, (startDaemon) => {
  test('goes on after kill -9, from vsftpd', async () => {
    await using server = await startDaemon();
    await server.folder.put('big.bin', patternBytes(0, FILE_BYTES));
    await goesOnAfterKill(`ftp://127.0.0.1:${server.port}/big.bin`, []);
  });
});

await withServer('sshd', sshd, (startDaemon) => {
  test('goes on after kill -9, from OpenSSH', async () => {
    await using server = await startDaemon();
    await server.folder.put('big.bin', patternBytes(0, FILE_BYTES));
    const identity = join(home, 'key');
    await writeFile(identity, server.userKey.privateKey, { mode: 0o600 });
    const args = ['--identity', identity, '--host-fingerprint', server.hostKey.fingerprint];
    await goesOnAfterKill(`sftp://${server.user}@127.0.0.1:${server.port}${server.folder.path}/big.bin`, args);
  });
});

describe('where credentials come from', () => {
  const ways: readonly (readonly [
    string,
    (server: { port: number }) => Promise<{ url: string; args?: string[]; environment?: Record<string, string> }>,
  ])[] = [
    ['--user', async ({ port }) => ({ url: `ftp://127.0.0.1:${port}/a`, args: ['--user', 'me:sesame'] })],
    [
      'the environment',
      async ({ port }) => ({ url: `ftp://127.0.0.1:${port}/a`, environment: { PIECEWORK_USER: 'me:sesame' } }),
    ],
    [
      'a file',
      async ({ port }) => {
        await writeFile(join(home, 'login'), 'me:sesame\n');
        return { url: `ftp://127.0.0.1:${port}/a`, args: ['--user', `@${join(home, 'login')}`] };
      },
    ],
    [
      '~/.netrc',
      async ({ port }) => {
        await writeFile(
          join(home, '.netrc'),
          'machine other login me password wrong\nmachine 127.0.0.1\n  login me\n  password "sesame"\n',
        );
        return { url: `ftp://127.0.0.1:${port}/a`, args: ['--netrc'] };
      },
    ],
    [
      'a secret by name, in the environment',
      async ({ port }) => ({
        url: `ftp://127.0.0.1:${port}/a`,
        args: ['--user', 'me:secret://ftp-login'],
        environment: { PIECEWORK_SECRET_FTP_LOGIN: 'sesame' },
      }),
    ],
    [
      'a secret by name, in a file',
      async ({ port }) => {
        await mkdir(join(home, '.config', 'piecework', 'secrets'), { recursive: true });
        await writeFile(join(home, '.config', 'piecework', 'secrets', 'ftp-login'), 'sesame\n');
        return { url: `ftp://127.0.0.1:${port}/a`, args: ['--user', 'me:secret://ftp-login'] };
      },
    ],
  ];

  test.each(ways)('%s', async (_name, way) => {
    await using server = await startFtpServer();
    await server.folder.put('a', patternBytes(0, 5000));
    const { url, args = [], environment = {} } = await way(server);
    const ended = await start(['copy', url, 'out', ...args], environment).ended;
    expect(ended).toMatchObject({ exitCode: 0 });
    expect((await readFile(join(folder, 'out'))).equals(patternBytes(0, 5000))).toBe(true);
  });

  test('a private key with a passphrase, and known_hosts', async () => {
    const key = sshKey('open, key');
    await using server = await startSftpServer({ authorized: key });
    await server.folder.put('a', patternBytes(0, 5000));
    await writeFile(join(home, 'key'), key.privateKey, { mode: 0o600 });
    await writeFile(join(home, 'hosts'), knownHostsLine(server.port, server.hostKey));
    const url = `sftp://me@127.0.0.1:${server.port}/a`;
    const args = ['copy', url, 'out', '--identity', join(home, 'key'), '--known-hosts', join(home, 'hosts')];
    const environment = { PIECEWORK_IDENTITY_PASSPHRASE: 'open, key' };
    expect(await start(args, environment).ended).toMatchObject({ exitCode: 0 });
    const closed = await start(args).ended;
    expect(closed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('passphrase') });
  });

  test('an unknown and a changed host key, each with its fingerprint and what to do', async () => {
    await using server = await startSftpServer();
    await server.folder.put('a', patternBytes(0, 5000));
    const url = `sftp://me:sesame@127.0.0.1:${server.port}/a`;
    const unknown = await start(['copy', url, 'out']).ended;
    expect(unknown).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining(`--host-fingerprint ${server.hostKey.fingerprint}`),
    });
    await mkdir(join(home, '.ssh'));
    await writeFile(join(home, '.ssh', 'known_hosts'), knownHostsLine(server.port, sshKey()));
    const changed = await start(['copy', url, 'out']).ended;
    expect(changed).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('ssh-keygen -R') });
    expect(changed.stderr).toContain(server.hostKey.fingerprint);
  });
});

describe('stdin', () => {
  const CHUNK = 64 * 1024;
  test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 64 * 1024 ** 2 + 1])('%d bytes', async (size) => {
    function* chunks() {
      for (let at = 0; at < size; at += CHUNK) yield patternBytes(at, Math.min(CHUNK, size - at));
    }
    await using piecework = openLocal({ stateDir: join(home, 'state'), stdin: Readable.from(chunks()) });
    const report = await piecework.copy({ source: { url: '-' }, destination: join(folder, 'piped.bin') });
    expect(report.result.sizeBytes).toBe(size);
    expect(sha256(await readFile(join(folder, 'piped.bin')))).toBe(sha256(patternBytes(0, size)));
  });

  test('a producer that fails: nothing under the name', async () => {
    async function* chunks() {
      yield patternBytes(0, 300_000);
      throw new Error('the producer failed');
    }
    await using piecework = openLocal({ stateDir: join(home, 'state'), stdin: Readable.from(chunks()) });
    await expect(
      piecework.copy({ source: { url: '-' }, destination: join(folder, 'piped.bin') }),
    ).rejects.toMatchObject({ name: 'PieceworkError' });
    expect(await readdir(folder)).not.toContain('piped.bin');
  });

  test('is brought to its end, once', async () => {
    const stdin = Readable.from([patternBytes(0, 300_000), patternBytes(300_000, 200_000)]);
    await using piecework = openLocal({ stateDir: join(home, 'state'), stdin });
    const report = await piecework.copy({ source: { url: '-' }, destination: join(folder, 'piped.bin') });
    expect(report.result.sizeBytes).toBe(500_000);
    expect((await readFile(join(folder, 'piped.bin'))).equals(patternBytes(0, 500_000))).toBe(true);
    await failureOf(
      piecework.copy({ source: { url: '-' }, destination: join(folder, 'again.bin') }),
      'SourceUnsupported',
    );
    expect(await readdir(folder)).toEqual(['piped.bin']);
  });
});
