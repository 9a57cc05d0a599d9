import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import type { SftpSourceOptions } from '../../lib/sources/sftp/source.ts';
import { sftpSource } from '../../lib/sources/sftp/source.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { findProgram } from '../support/daemon.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';
import type { SftpServerOptions } from '../support/sftp-server.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import type { SshKey } from '../support/ssh-keys.ts';
import { sshKey } from '../support/ssh-keys.ts';
import { withServer } from '../support/with-server.ts';

const SIZE = 300_000;
const BYTES = patternBytes(0, SIZE);

let open: AsyncDisposableStack | undefined;
afterEach(async () => {
  await open?.disposeAsync();
  open = undefined;
});

async function on(server: SftpServerOptions = {}, options: SftpSourceOptions = {}) {
  open = new AsyncDisposableStack();
  const sftp = open.use(await startSftpServer(server));
  const source = open.use(sftpSource({ stallTimeoutMs: 500, ...options }));
  await sftp.folder.put('file.bin', BYTES);
  const at = (path: string, password = 'sesame'): SourceLocator => ({
    url: `sftp://me:${password}@127.0.0.1:${sftp.port}/${path}`,
    hostFingerprint: sftp.hostKey.fingerprint,
  });
  const snapshot = async () => {
    await using probe = await source.probe(at('file.bin'), 1, call());
    return probe.snapshot;
  };
  return { sftp, source, at, snapshot };
}

describe('bad input', () => {
  test('a wrong password: the user and the host are named, the password is not', async () => {
    const { source, at } = await on();
    const error = await failureOf(source.probe(at('file.bin', 'hunter2'), 1, call()), 'SourceUnauthorized');
    expect(error.message).toContain('"me" in at 127.0.0.1');
    expect(JSON.stringify([error.message, error.details, String(error.cause), error.stack])).not.toContain('hunter2');
  });

  test('a folder given as a file', async () => {
    const { sftp, source, at } = await on();
    await mkdir(join(sftp.folder.path, 'folder'));
    await failureOf(source.probe(at('folder'), 1, call()), 'SourceIsFolder');
    await failureOf(source.probe(at('folder/'), 1, call()), 'SourceIsFolder');
  });

  test('what answers there is no SSH server', async () => {
    const { source, at } = await on();
    const { createServer } = await import('node:net');
    const server = createServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    const port = await listenOnLoopback(server);
    const error = await source
      .probe({ ...at('x'), url: `sftp://me:a@127.0.0.1:${port}/x` }, 1, call())
      .catch((thrown) => thrown);
    expect(['SourceMalformed', 'SourceReset']).toContain(error.code);
    server.close();
  });

  test.each([
    ['wrong', 'does not open'],
    [undefined, 'is encrypted'],
  ])('a key whose passphrase is %s', async (passphrase, says) => {
    const key = sshKey('right');
    const { source, at } = await on({ authorized: key });
    const auth = {
      kind: 'key',
      user: 'me',
      privateKey: key.privateKey,
      ...(passphrase === undefined ? {} : { passphrase }),
    } as const;
    const url = at('file.bin').url.replace(':sesame', '');
    const error = await failureOf(source.probe({ ...at('file.bin'), url, auth }, 1, call()), 'InvalidOption');
    expect(error.message).toContain(says);
  });

  test('another host key than the one that was given', async () => {
    const { sftp, source, at } = await on();
    const other = sshKey().fingerprint;
    const error = await failureOf(
      source.probe({ ...at('file.bin'), hostFingerprint: other }, 1, call()),
      'HostKeyChanged',
    );
    expect(error.message).toContain(other);
    expect(error.message).toContain(sftp.hostKey.fingerprint);
  });

  test('without a fingerprint and without known hosts nobody is trusted, and no password is sent', async () => {
    const { source, at } = await on();
    const { url } = at('file.bin');
    const { message } = await failureOf(source.probe({ url }, 1, call()), 'HostKeyUnknown');
    // For those who ask the API, and for those at a command line.
    for (const way of ['source.hostFingerprint', '--host-fingerprint SHA256:']) expect(message).toContain(way);
  });
});

describe('a server that does not say or do all', () => {
  const SERVERS: readonly (readonly [string, SftpServerOptions])[] = [
    ['sends no mode', { lacks: ['mode'] }],
    ['sends no time', { lacks: ['mtime'] }],
    ['refuses FSTAT', { refuses: ['FSTAT'] }],
    ['refuses STAT', { refuses: ['STAT'] }],
    ['refuses FSTAT and sends neither mode nor time', { refuses: ['FSTAT'], lacks: ['mode', 'mtime'] }],
  ];

  test.each(SERVERS)('one that %s is read, and no file is left open', async (_what, server) => {
    const { sftp, source, at } = await on(server);
    const range = { start: 100_000, end: 200_000 };
    const probe = await source.probe(at('file.bin'), 1000, call());
    const { snapshot } = probe;
    expect(snapshot).toMatchObject({ sizeBytes: SIZE, ranges: true });
    const saysTime = server.lacks?.includes('mtime') !== true;
    expect(snapshot.validator.kind).toBe(saysTime ? 'date' : 'none');
    expect(snapshot.warnings).toHaveLength(saysTime ? 0 : 1);
    expect((await readAll(probe.body)).equals(BYTES.subarray(0, 1000))).toBe(true);
    await probe[Symbol.asyncDispose]();
    const read = await readAll(await source.open(at('file.bin'), snapshot, range, call()));
    expect(read.equals(BYTES.subarray(range.start, range.end))).toBe(true);
    await expect.poll(() => sftp.openFiles).toBe(0);
  });

  test.each([[[] as const], [['FSTAT'] as const]])(
    'a file that is gone once it was opened is read by that one handle, even where %j is refused',
    async (refuses) => {
      const { sftp, source, at } = await on({ once: true, refuses });
      await using probe = await source.probe(at('file.bin'), 2 * SIZE, call());
      expect(probe.bodyIsWhole).toBe(true);
      expect((await readAll(probe.body)).equals(BYTES)).toBe(true);
      expect(sftp.opens).toBe(1);
    },
  );

  test('a file that is refused while others of ours are open is one too many, and no file is left open', async () => {
    const { sftp, source, at, snapshot } = await on({ mostOpen: 1 });
    const known = await snapshot();
    await expect.poll(() => sftp.openFiles).toBe(0);
    const range = { start: 0, end: SIZE };
    const first = await source.open(at('file.bin'), known, range, call());
    const error = await failureOf(source.open(at('file.bin'), known, range, call()), 'SourceBusy');
    expect(error.details).toMatchObject({ openConnections: 1 });
    expect((await readAll(first)).equals(BYTES)).toBe(true);
    await expect.poll(() => sftp.openFiles).toBe(0);
    expect((await readAll(await source.open(at('file.bin'), known, range, call()))).equals(BYTES)).toBe(true);
  });

  test('a file that is refused while none of ours is open may not be read', async () => {
    const { source, at } = await on({ mostOpen: 0 });
    await failureOf(source.probe(at('file.bin'), 1, call()), 'SourceForbidden');
  });

  test('a copy in pieces takes one file at a time where the server gives no more', async () => {
    const { sftp, at } = await on({ mostOpen: 1, delayMs: 1 });
    const home = await mkdtemp(join(tmpdir(), 'piecework-one-open-'));
    open?.defer(() => rm(home, { recursive: true, force: true }));
    await using piecework = openLocal({ stateDir: join(home, 'state'), backoff: { baseMs: 10, capMs: 100 } });
    const report = await piecework.copy({
      source: at('file.bin'),
      destination: join(home, 'file.bin'),
      options: { pieceSizeBytes: 30_000, parallelism: 4, maxFailures: 2 },
    });
    expect(report.plan).toMatchObject({ mode: 'pieces', pieceCount: 10 });
    expect((await readFile(join(home, 'file.bin'))).equals(BYTES)).toBe(true);
    await expect.poll(() => sftp.openFiles).toBe(0);
  });
});

describe('a connection that fails', () => {
  test('cut in the middle: to be tried again, which goes well', async () => {
    const { source, at, snapshot } = await on({ cutAfterReads: 3 });
    const planned = await snapshot();
    const range = { start: 0, end: SIZE };
    const error = await failureOf(
      source.open(at('file.bin'), planned, range, call()).then((reader) => readAll(reader)),
      'SourceReset',
    );
    expect(error.reaction).toBe('retry');
    expect((await readAll(await source.open(at('file.bin'), planned, range, call()))).equals(BYTES)).toBe(true);
  });

  test('a server that goes silent is broken off', async () => {
    const { source, at, snapshot } = await on({ silentAfterReads: 3 });
    const reader = await source.open(at('file.bin'), await snapshot(), { start: 0, end: SIZE }, call());
    await failureOf(readAll(reader), 'SourceStalled');
  });

  test('requests go out side by side', async () => {
    const { sftp, source, at, snapshot } = await on({ delayMs: 1 });
    const reader = await source.open(at('file.bin'), await snapshot(), { start: 0, end: SIZE }, call());
    const into = new Uint8Array(SIZE);
    expect(await reader.read(into)).toBe(SIZE);
    expect(sftp.mostReadsAtOnce).toBeGreaterThan(5);
    // Each no larger than what ssh2 sends to a server that it does not know: it would cut
    // it in two, one after the other.
    expect(sftp.reads).toBe(10);
    expect(Buffer.from(into).equals(BYTES)).toBe(true);
    await reader[Symbol.asyncDispose]();
  });

  test('what comes next is asked for before it is wanted, and a reader that stops there leaves nothing open', async () => {
    const { sftp, source, at, snapshot } = await on({ delayMs: 1 });
    const planned = await snapshot();
    const reader = await source.open(at('file.bin'), planned, { start: 0, end: SIZE }, call());
    const into = new Uint8Array(1000);
    expect(await reader.read(into)).toBe(1000);
    await expect.poll(() => sftp.reads).toBe(10);
    expect(Buffer.from(into).equals(BYTES.subarray(0, 1000))).toBe(true);
    await reader[Symbol.asyncDispose]();
    await expect.poll(() => sftp.openFiles).toBe(0);
    const range = { start: 7, end: SIZE };
    const again = await readAll(await source.open(at('file.bin'), planned, range, call()), 5000);
    expect(again.equals(BYTES.subarray(7))).toBe(true);
  });
});

test('a file that is written to under way is noticed at the end of the piece', async () => {
  const { sftp, source, at, snapshot } = await on();
  const reader = await source.open(at('file.bin'), await snapshot(), { start: 0, end: SIZE }, call());
  const into = new Uint8Array(1000);
  await reader.read(into);
  await sftp.folder.put('file.bin', patternBytes(0, SIZE, 2));
  await failureOf(readAll(reader), 'SourceChanged');
});

await withServer('ssh-agent', agent, (start) => {
  test('the agent signs in where nothing else is given', async () => {
    const key = sshKey();
    await using running = await start(key);
    const { source, at } = await on({ authorized: key }, { agentSocket: running.socket });
    const url = at('file.bin').url.replace(':sesame', '');
    await using probe = await source.probe({ ...at('file.bin'), url }, 'all', call());
    expect((await readAll(probe.body)).equals(BYTES)).toBe(true);
  });
});

async function agent() {
  const [ssh, add] = [
    await findProgram('ssh-agent', 'apt-get install openssh-client'),
    await findProgram('ssh-add', 'apt-get install openssh-client'),
  ];
  return async (key: SshKey) => {
    const folder = await mkdtemp(join(tmpdir(), 'piecework-agent-'));
    const socket = join(folder, 'socket');
    const process = spawn(ssh, ['-D', '-a', socket], { stdio: 'pipe' });
    await once(process.stdout, 'data');
    await writeFile(join(folder, 'key'), key.privateKey, { mode: 0o600 });
    const adding = spawn(add, ['-q', join(folder, 'key')], { env: { SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
    const [code] = await once(adding, 'exit');
    if (code !== 0) throw new Error(`ssh-add ended with ${code}`);
    return {
      socket,
      async [Symbol.asyncDispose]() {
        process.kill();
        await once(process, 'exit');
        await rm(folder, { recursive: true });
      },
    };
  };
}
