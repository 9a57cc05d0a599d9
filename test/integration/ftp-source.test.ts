import { afterEach, describe, expect, test } from 'vitest';
import { ftpSource } from '../../lib/sources/ftp/source.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { BadFtp, BadFtpOptions } from '../support/bad-ftp.ts';
import { startBadFtp } from '../support/bad-ftp.ts';
import { createAuthority, createSelfSigned } from '../support/certificates.ts';
import { startFtpServer } from '../support/ftp-server.ts';
import { freePort } from '../support/loopback.ts';
import { onlyLoopback } from '../support/only-loopback.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

const SIZE = 300_000;
const BYTES = patternBytes(0, SIZE);

let open: AsyncDisposableStack | undefined;
afterEach(async () => {
  await open?.disposeAsync();
  open = undefined;
});

async function on(options: BadFtpOptions = {}): Promise<{ readonly server: BadFtp; readonly source: Source }> {
  open = new AsyncDisposableStack();
  const server = open.use(await startBadFtp(options));
  const source = open.use(ftpSource({ connectTimeoutMs: 1000, headersTimeoutMs: 3000, stallTimeoutMs: 3000 }));
  return { server, source };
}

async function snapshotFrom(source: Source, url: string) {
  await using probe = await source.probe({ url }, 1, call());
  return probe.snapshot;
}

const piece = async (source: Source, url: string, start: number, end: number) =>
  await readAll(await source.open({ url }, await snapshotFrom(source, url), { start, end }, call()));

describe('what a server lacks', () => {
  test.each([
    ['REST', { rest: 'refuses' }, { ranges: false, sizeBytes: SIZE }],
    ['a RETR behind REST', { rest: 'refuses the RETR' }, { ranges: false, sizeBytes: SIZE }],
    ['REST, which it takes and ignores', { rest: 'ignores' }, { ranges: false, sizeBytes: undefined }],
    ['SIZE', { saysSize: null }, { ranges: false, sizeBytes: undefined }],
    ['an honest SIZE (too large)', { saysSize: SIZE + 1000 }, { ranges: false, sizeBytes: undefined }],
    ['an honest SIZE (too small)', { saysSize: SIZE - 1000 }, { ranges: false, sizeBytes: undefined }],
  ] as const)('%s: the whole file, on one connection', async (_what, options, expected) => {
    const { server, source } = await on(options);
    await using probe = await source.probe({ url: server.url }, 1000, call());
    const { ranges, sizeBytes } = probe.snapshot;
    expect({ ranges, sizeBytes, whole: probe.bodyIsWhole }).toEqual({ ...expected, whole: true });
    expect((await readAll(probe.body)).equals(BYTES)).toBe(true);
  });

  test('MDTM: no validator, and a warning that says so', async () => {
    const { server, source } = await on({ saysTime: null });
    const { validator, warnings, ranges } = await snapshotFrom(source, server.url);
    expect({ validator, ranges }).toEqual({ validator: { kind: 'none' }, ranges: true });
    expect(warnings.join()).toContain('MDTM');
  });

  test('binary mode', async () => {
    const { server, source } = await on({ ascii: true });
    const error = await failureOf(source.probe({ url: server.url }, 1, call()), 'SourceUnsupported');
    expect(error.message).toContain('binary mode');
  });

  test('TLS, although it was asked for', async () => {
    const { server, source } = await on();
    const url = server.url.replace('ftp:', 'ftpes:');
    await failureOf(source.probe({ url }, 1, call()), 'SourceTls');
    expect(server.commands.some((line) => line.startsWith('PASS') || line.startsWith('USER'))).toBe(false);
  });
});

describe('the end of a range', () => {
  test.each(['426', '451', '226', '426, 226', 'nothing'] as const)(
    'the server answers our hanging up with %s',
    async (afterHangUp) => {
      const { server, source } = await on({ size: 6_000_000, afterHangUp });
      const range = { start: 1_000_000, end: 1_100_000 };
      const snapshot = await snapshotFrom(source, server.url);
      for (let times = 0; times < 2; times += 1) {
        const bytes = await readAll(await source.open({ url: server.url }, snapshot, range, call()));
        expect(bytes.equals(patternBytes(range.start, 100_000))).toBe(true);
      }
    },
  );

  test('a change under way is noticed at the end of the piece', async () => {
    const { server, source } = await on({ changesAfter: 1 });
    const snapshot = await snapshotFrom(source, server.url);
    const reader = await source.open({ url: server.url }, snapshot, { start: 0, end: SIZE }, call());
    await failureOf(readAll(reader), 'SourceChanged');
  });
});

describe('connections', () => {
  test('replies may come byte by byte', async () => {
    const { server, source } = await on({ dribbles: true });
    expect((await snapshotFrom(source, server.url)).sizeBytes).toBe(SIZE);
    expect((await piece(source, server.url, 10, 5000)).equals(BYTES.subarray(10, 5000))).toBe(true);
  });

  test('the data connection goes to the host of the control connection, whatever PASV says', async () => {
    using net = onlyLoopback();
    const { server, source } = await on({ pasvHost: '203.0.113.7' });
    expect((await piece(source, server.url, 10, 5000)).equals(BYTES.subarray(10, 5000))).toBe(true);
    expect(server.commands).toContain('PASV');
    expect(net.strangers).toEqual([]);
  });

  test('a passive port that nobody reaches is called so', async () => {
    const { server, source } = await on({ deadDataPort: true });
    const error = await failureOf(source.probe({ url: server.url }, 1, call()), 'SourceRefused');
    expect(error.message).toMatch(/data connection .* passive/);
    expect(error.reaction).toBe('retry');
  });

  test.each([
    ['the control connection', { cutsControlAt: 2 }],
    ['the data connection', { cutsDataAt: 2 }],
  ])('%s cut in the middle of a piece: short, to be tried again, which goes well', async (_what, options) => {
    const { server, source } = await on(options);
    const snapshot = await snapshotFrom(source, server.url);
    const range = { start: 0, end: SIZE };
    const error = await readAll(await source.open({ url: server.url }, snapshot, range, call())).catch(
      (thrown) => thrown,
    );
    expect(['BodyShort', 'SourceReset']).toContain(error.code);
    expect((await readAll(await source.open({ url: server.url }, snapshot, range, call()))).equals(BYTES)).toBe(true);
  });

  test.each(['421', '530', '530, without a reason'] as const)(
    'a limit of two logins (%s): who is refused says how many stood, and the others wait for their turn',
    async (refusesWith) => {
      const { server, source } = await on({ maxLogins: 2, refusesWith });
      const snapshot = await snapshotFrom(source, server.url);
      const fetched = await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          const range = { start: index * 50_000, end: (index + 1) * 50_000 };
          try {
            const reader = await source.open({ url: server.url }, snapshot, range, call());
            return (await readAll(reader)).equals(BYTES.subarray(range.start, range.end));
          } catch (error) {
            return error;
          }
        }),
      );
      const refused = fetched.filter((one) => one !== true);
      expect(refused).not.toEqual([]);
      expect(refused.length).toBeLessThanOrEqual(4);
      for (const error of refused) expect(error).toMatchObject({ code: 'SourceBusy', details: { openConnections: 2 } });
      expect(server.mostLogins).toBe(2);
    },
  );

  test('a wrong password is one where no login of ours stands', async () => {
    const { server, source } = await on();
    const url = server.url.replace('sesame', 'wrong');
    expect((await failureOf(source.probe({ url }, 1, call()), 'SourceUnauthorized')).message).toContain('(530)');
  });

  test('the port that EPSV names is shut: PASV is asked for, and from then on by all connections', async () => {
    const { server, source } = await on({ deadExtendedPort: true });
    for (const start of [0, 100_000])
      expect((await piece(source, server.url, start, start + 1000)).equals(BYTES.subarray(start, start + 1000))).toBe(
        true,
      );
    expect(server.commands.filter((command) => command === 'EPSV')).toHaveLength(1);
  });

  test('a full server that has none of ours asks for patience', async () => {
    const { server, source } = await on({ maxLogins: 0 });
    const error = await failureOf(source.probe({ url: server.url }, 1, call()), 'SourceBusy');
    expect(error.reaction).toBe('wait');
  });

  test('one login serves one piece after the other', async () => {
    const { server, source } = await on();
    const snapshot = await snapshotFrom(source, server.url);
    for (const start of [0, 100_000, 200_000]) {
      await readAll(await source.open({ url: server.url }, snapshot, { start, end: start + 100_000 }, call()));
    }
    expect(server.commands.filter((line) => line.startsWith('PASS'))).toHaveLength(1);
  });
});

describe('bad input', () => {
  test('a wrong password: the user and the host are named, the password is not', async () => {
    const { server, source } = await on();
    const url = server.url.replace('sesame', 'hunter2');
    const error = await failureOf(source.probe({ url }, 1, call()), 'SourceUnauthorized');
    expect(error.message).toContain('"me"');
    expect(error.message).toContain('127.0.0.1');
    expect(JSON.stringify([error.message, error.details, String(error.cause), error.stack])).not.toContain('hunter2');
  });

  test.each([
    ['/folder/', 'SourceIsFolder'],
    ['/a;type=a', 'InvalidUrl'],
    ['/a;type=d', 'SourceIsFolder'],
    ['/a%0D%0ADELE%20b', 'InvalidUrl'],
  ] as const)('%s is refused before anything is sent', async (path, code) => {
    const { server, source } = await on();
    await failureOf(source.probe({ url: `ftp://127.0.0.1:${server.port}${path}` }, 1, call()), code);
    expect(server.commands).toEqual([]);
  });

  test('nobody listens', async () => {
    const { source } = await on();
    await failureOf(source.probe({ url: `ftp://127.0.0.1:${await freePort()}/x` }, 1, call()), 'SourceRefused');
  });
});

describe('a real server', () => {
  const authority = createAuthority();

  async function real(tls?: ReturnType<typeof createSelfSigned>) {
    open = new AsyncDisposableStack();
    const server = open.use(await startFtpServer(tls === undefined ? {} : { tls }));
    const source = open.use(ftpSource({ ca: authority.cert }));
    const url = (path: string, scheme = 'ftp') => `${scheme}://me:sesame@127.0.0.1:${server.port}/${path}`;
    return { server, source, url };
  }

  test.each([
    ['spaces', 'with some spaces.bin', 'with%20some%20spaces.bin'],
    ['a leading space', ' lead.bin', '%20lead.bin'],
    ['UTF-8', 'grüße-日本.bin', 'gr%C3%BC%C3%9Fe-%E6%97%A5%E6%9C%AC.bin'],
    ['signs that URLs use', 'a#b;c%d.bin', 'a%23b;c%25d.bin'],
    [';type=i', 'plain.bin', 'plain.bin;type=i'],
    ['folders', 'one/two/three.bin', 'one/two/three.bin'],
    ['the root', 'root.bin', '%2Froot.bin'],
  ])('names with %s', async (_what, name, path) => {
    const { server, source, url } = await real();
    await server.folder.put(name, BYTES.subarray(0, 5000));
    await using probe = await source.probe({ url: url(path) }, 'all', call());
    expect((await readAll(probe.body)).equals(BYTES.subarray(0, 5000))).toBe(true);
  });

  test('a folder given as a file is called a folder', async () => {
    const { server, source, url } = await real();
    await server.folder.put('folder/file.bin', BYTES);
    await failureOf(source.probe({ url: url('folder') }, 1, call()), 'SourceIsFolder');
  });

  test('a certificate that nobody vouches for is refused before the login', async () => {
    const { server, source, url } = await real(createSelfSigned());
    await server.folder.put('a.bin', BYTES);
    for (const scheme of ['ftps', 'ftpes']) {
      const error = await failureOf(source.probe({ url: url('a.bin', scheme) }, 1, call()), 'SourceTls');
      expect(error.message).toContain('self-signed');
    }
  });
});
