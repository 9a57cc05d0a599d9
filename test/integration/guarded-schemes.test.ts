import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import type { Guard, GuardPolicy } from '../../lib/guard/guard.ts';
import { createGuard } from '../../lib/guard/guard.ts';
import { ftpSource } from '../../lib/sources/ftp/source.ts';
import { s3Source } from '../../lib/sources/s3/source.ts';
import { sftpSource } from '../../lib/sources/sftp/source.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { startBadFtp } from '../support/bad-ftp.ts';
import { createAuthority } from '../support/certificates.ts';
import { startRelay } from '../support/counting-relay.ts';
import { startFtpServer } from '../support/ftp-server.ts';
import { onlyLoopback } from '../support/only-loopback.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';
import { startS3Double } from '../support/s3-double.ts';
import { startSftpServer } from '../support/sftp-server.ts';

// As guard.test.ts, for whatever is not HTTP: each server is reached through a relay on loopback that counts who
// comes, and every name leads there.

const BYTES = patternBytes(0, 200_000);
const PORTS = Array.from({ length: 65_535 }, (_, index) => index + 1);
const authority = createAuthority();

/** A scheme's server, and a source that is guarded. */
interface Subject {
  readonly port: number;
  locator(host: string, port: number): SourceLocator;
  source(guard: Guard): Source;
}

let open = new AsyncDisposableStack();
afterEach(async () => {
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

async function ftp(scheme: string, implicit?: boolean): Promise<Subject> {
  const tls = scheme === 'ftp' ? undefined : authority.issue();
  const server = open.use(
    await startFtpServer({ ...(tls === undefined ? {} : { tls }), ...(implicit === undefined ? {} : { implicit }) }),
  );
  await server.folder.put('file.bin', BYTES);
  return {
    port: server.port,
    locator: (host, port) => ({ url: `${scheme}://me:${server.password}@${host}:${port}/file.bin` }),
    source: (guard) => ftpSource({ guard, ca: authority.cert }),
  };
}

const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  ftp: () => ftp('ftp'),
  async sftp() {
    const server = open.use(await startSftpServer({ password: 'sesame' }));
    await server.folder.put('file.bin', BYTES);
    return {
      port: server.port,
      locator: (host, port) => ({
        url: `sftp://me:sesame@${host}:${port}/file.bin`,
        hostFingerprint: server.hostKey.fingerprint,
      }),
      source: (guard) => sftpSource({ guard }),
    };
  },
  async s3() {
    const store = open.use(await startS3Double());
    store.makeBucket('bucket');
    const { endpoint, region, credentials } = store;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'file.bin', Body: BYTES }));
    client.destroy();
    return {
      port: Number(new URL(endpoint).port),
      locator: (host, port) => ({
        url: 's3://bucket/file.bin',
        auth: { kind: 'aws', ...credentials },
        store: { endpoint: `http://${host}:${port}`, region },
      }),
      source: (guard) => s3Source({ guard, lending: { lendsTo: () => false, description: 'no source' } }),
    };
  },
};

/** `own.test` may be private; any other name may not. */
function guardFor(policy: GuardPolicy = {}): Guard {
  return createGuard({
    schemes: ['http', 'ftp', 'ftps', 'ftpes', 'sftp'],
    ports: PORTS,
    privateHosts: ['own.test'],
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    ...policy,
  });
}

async function wholeOf(source: Source, from: SourceLocator): Promise<Buffer> {
  await using probe = await source.probe(from, 'all', call());
  return await readAll(probe.body);
}

describe.each(Object.entries(SUBJECTS))('%s', (_scheme, start) => {
  test('reads from whom it may', async () => {
    const subject = await start();
    const source = open.use(subject.source(guardFor()));
    expect((await wholeOf(source, subject.locator('own.test', subject.port))).equals(BYTES)).toBe(true);
  });

  test('connects to no name that leads inside, and to no address, however written', async () => {
    const subject = await start();
    const relay = open.use(await startRelay(subject.port));
    const source = open.use(subject.source(guardFor()));
    const inside = ['inside.test', 'localhost', '127.0.0.1', '127.1', '0x7f.1', '2130706433', '0177.0.0.1', '[::1]'];
    const within = ['[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '169.254.169.254', '0xa9fea9fe', '[fd00:ec2::254]'];
    for (const host of [...inside, ...within])
      await failureOf(source.probe(subject.locator(host, relay.port), 1000, call()), 'GuardRefused');
    expect(relay.connections).toBe(0);
  });

  test('judges the address that it connects to, not one that was checked before', async () => {
    const subject = await start();
    const relay = open.use(await startRelay(subject.port));
    let turn = 0;
    const guard = guardFor({
      resolve: async () => {
        turn += 1;
        return [{ address: turn === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }];
      },
    });
    const from = subject.locator('rebind.test', relay.port);
    await guard.check(from.store?.endpoint ?? from.url);
    expect(turn).toBe(1);
    await failureOf(open.use(subject.source(guard)).probe(from, 1000, call()), 'GuardRefused');
    expect(turn).toBe(2);
    expect(relay.connections).toBe(0);
  });

  test('connects to no port, and speaks no scheme, that is not in the lists', async () => {
    const subject = await start();
    const relay = open.use(await startRelay(subject.port));
    const from = subject.locator('own.test', relay.port);
    for (const policy of [{ ports: [443] }, { schemes: ['https'] }]) {
      const source = open.use(subject.source(guardFor(policy)));
      await failureOf(source.probe(from, 1000, call()), 'GuardRefused');
    }
    expect(relay.connections).toBe(0);
  });
});

test.each([
  ['ftpes', undefined],
  ['ftps', undefined],
  ['ftps', true],
] as const)(
  '%s (implicit: %s): a guarded name is connected to by its checked address, and its certificate looked at',
  async (scheme, implicit) => {
    const subject = await ftp(scheme, implicit);
    const source = open.use(subject.source(guardFor()));
    // The certificate is made out to localhost and 127.0.0.1: so the handshake was begun
    // with the name that the URL has.
    await failureOf(source.probe(subject.locator('own.test', subject.port), 1, call()), 'SourceTls');
    const named = open.use(subject.source(guardFor({ privateHosts: ['localhost'] })));
    expect((await wholeOf(named, subject.locator('localhost', subject.port))).equals(BYTES)).toBe(true);
  },
);

test.each([22, 80, 1023])(
  'ftp: no data connection to port %i, where another service of the host listens',
  async (port) => {
    const server = open.use(await startBadFtp({ passivePort: port }));
    const source = open.use(ftpSource({ guard: guardFor() }));
    const from = { url: `ftp://me:sesame@own.test:${server.port}/file.bin` };
    const error = await failureOf(source.probe(from, 1000, call()), 'GuardRefused');
    expect(error.message).toContain(`port ${port}`);
    expect(error.message).not.toContain('sesame');
  },
);

test.each(['169.254.169.254', '10.1.2.3', '127.0.0.2'])(
  'ftp: PASV that names %s leads nowhere but to the address that was checked',
  async (pasvHost) => {
    using net = onlyLoopback();
    const server = open.use(await startBadFtp({ pasvHost, size: BYTES.length }));
    const source = open.use(ftpSource({ guard: guardFor() }));
    const from = { url: `ftp://me:sesame@own.test:${server.port}/file.bin` };
    expect((await wholeOf(source, from)).equals(BYTES)).toBe(true);
    expect(server.commands).toContain('PASV');
    expect(net.strangers).toEqual([]);
  },
);

test('s3: without credentials of its own nothing is asked, where none are lent', async () => {
  const store = open.use(await startS3Double());
  const source = open.use(s3Source({ guard: guardFor(), lending: { lendsTo: () => false, description: 'no source' } }));
  const from = { url: 's3://bucket/file.bin', store: { endpoint: store.endpoint, region: 'us-east-1' } };
  await failureOf(source.probe(from, 1000, call()), 'InvalidOption');
  expect(store.log).toEqual([]);
});

test('s3: no bucket name makes an address of a host name', async () => {
  const source = open.use(s3Source({ guard: guardFor(), lending: { lendsTo: () => false, description: 'no source' } }));
  // A host of the form bucket.endpoint: 127.0.0.1, or a name that ends in a number.
  for (const [bucket, endpoint] of [
    ['127.0.0', 'http://1'],
    ['127.0', 'http://0.1'],
  ] as const) {
    const from = {
      url: `s3://${bucket}/file.bin`,
      auth: { kind: 'aws', accessKeyId: 'a', secretAccessKey: 'b' },
      store: { endpoint, region: 'us-east-1', pathStyle: false },
    } as const;
    await failureOf(source.probe(from, 1000, call()), 'GuardRefused');
  }
});
