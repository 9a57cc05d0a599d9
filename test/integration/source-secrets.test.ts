import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formsOf } from '../support/canary.ts';
import { createAuthority } from '../support/certificates.ts';
import { startCli } from '../support/cli-process.ts';
import { startFtpServer } from '../support/ftp-server.ts';
import type { Origin } from '../support/origin.ts';
import { redirect, startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import { FILE_BYTES, ONE_FILE } from '../support/source-servers.ts';
import { sshKey } from '../support/ssh-keys.ts';

/*
 * A canary in every credential field of every scheme; each transfer ends well, ends with refused credentials, and is
 * killed in the middle. Then everything that was written anywhere, and everything that went to any server but that one
 * server, is searched for it, in each form in which it travels.
 */

const CANARY = 'c4nary-Zq7wXr2LmT';

let home: string;
/** All that Piecework may write. */
let world: string;
/** What the user wrote himself: his own files may hold his secrets. */
let own: string;
let store: S3Double;
let origin: Origin;
let said: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-canary-'));
  [world, own] = [join(home, 'world'), join(home, 'own')];
  await Promise.all([mkdir(join(world, 'files'), { recursive: true }), mkdir(own)]);
  store = await startS3Double({ minPartBytes: 1024 });
  store.makeBucket('bucket');
  origin = await startOrigin();
  said = [];
});

afterEach(async () => {
  await Promise.all([store[Symbol.asyncDispose](), origin[Symbol.asyncDispose]()]);
  await rm(home, { recursive: true, force: true });
});

interface Source {
  readonly url: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

async function run(
  source: Source,
  destination: string,
  more: readonly string[] = [],
  killAt?: string,
): Promise<number | null> {
  const environment = {
    HOME: world,
    AWS_ACCESS_KEY_ID: store.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.credentials.secretAccessKey,
    ...source.environment,
  };
  const args = [
    'copy',
    source.url,
    destination,
    ...(source.args ?? []),
    '--endpoint-url',
    store.endpoint,
    '--region',
    'us-east-1',
    '--max-attempts',
    '1',
    ...more,
  ];
  const cli = startCli(args, { cwd: join(world, 'files'), environment });
  let out = '';
  cli.process.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (killAt !== undefined && out.includes(killAt)) cli.process.kill('SIGKILL');
  });
  const { exitCode, stdout, stderr } = await cli.ended;
  said.push(stdout.toString(), stderr);
  return exitCode;
}

/** Well, in the middle, and not at all. */
async function everyEnd(right: Source, wrong: Source): Promise<void> {
  expect(await run(right, 'whole.bin', ['--verbose', '--json'])).toBe(0);
  expect(await run(right, 's3://bucket/whole.bin', ['--verbose', '--piece-size', '5MiB'])).toBe(0);
  const inPieces = ['--json', '--verbose', '--piece-size', '1MiB', '--parallel', '2', '--limit-rate', '6MiB'];
  expect(await run(right, 'killed.bin', inPieces, '"piece.done"')).toBe(null);
  expect(await run(wrong, 'never.bin', ['--verbose', '--json'])).not.toBe(0);
}

const FORMS = [...formsOf(CANARY)];

async function expectSilence(): Promise<void> {
  const places: [string, string][] = said.map((text, index) => [`output ${index}`, text]);
  for (const entry of await readdir(world, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    places.push(['file name', path]);
    if (entry.isFile()) places.push([path, (await readFile(path)).toString('latin1')]);
  }
  places.push(['the store', JSON.stringify(store.log)]);
  expect(places.length).toBeGreaterThan(20);
  const found = places.filter(([, text]) => FORMS.some((form) => text.includes(form))).map(([place]) => place);
  expect(found).toEqual([]);
}

const authority = createAuthority();

test.each(['ftp', 'ftps', 'sftp'])('%s: the password of the URL', async (scheme) => {
  await writeFile(join(own, 'ca.pem'), authority.cert);
  const open = ONE_FILE[scheme];
  if (open === undefined) throw new Error(scheme);
  await using one = await open(CANARY, authority.issue(), join(own, 'ca.pem'));
  await everyEnd(one, { ...one, url: one.url.replace(CANARY, `${CANARY}-wrong`) });
  await expectSilence();
});

test('ftp: --user, the variable, the file, .netrc and secret://', async () => {
  await using server = await startFtpServer({ password: CANARY });
  await server.folder.put('big.bin', patternBytes(0, FILE_BYTES));
  const url = `ftp://127.0.0.1:${server.port}/big.bin`;
  await writeFile(join(own, 'login'), `me:${CANARY}`);
  await writeFile(join(own, 'netrc'), `machine 127.0.0.1 login me password ${CANARY}`);
  const wrong = { url, args: ['--user', `me:${CANARY}-wrong`] };
  await everyEnd({ url, args: ['--user', `me:${CANARY}`] }, wrong);
  const others: readonly Source[] = [
    { url, environment: { PIECEWORK_USER: `me:${CANARY}` } },
    { url, args: ['--user', `@${join(own, 'login')}`] },
    { url, args: ['--netrc'], environment: { NETRC: join(own, 'netrc') } },
    { url, args: ['--user', 'me:secret://login'], environment: { PIECEWORK_SECRET_LOGIN: CANARY } },
  ];
  for (const source of others) expect(await run(source, 'other.bin', ['--verbose', '--json'])).toBe(0);
  await expectSilence();
});

test('sftp: the private key and its passphrase', async () => {
  const key = sshKey(CANARY);
  await using server = await startSftpServer({ authorized: key });
  await server.folder.put('big.bin', patternBytes(0, FILE_BYTES));
  await writeFile(join(own, 'key'), key.privateKey, { mode: 0o600 });
  const url = `sftp://me@127.0.0.1:${server.port}/big.bin`;
  const args = ['--identity', join(own, 'key'), '--host-fingerprint', server.hostKey.fingerprint];
  await everyEnd(
    { url, args, environment: { PIECEWORK_IDENTITY_PASSPHRASE: CANARY } },
    { url, args, environment: { PIECEWORK_IDENTITY_PASSPHRASE: `${CANARY}-wrong` } },
  );
  const line = key.privateKey.split('\n')[3] ?? '';
  expect(line.length).toBeGreaterThan(40);
  FORMS.push(line);
  await expectSilence();
  FORMS.pop();
});

test('s3: the secret key in the URL, as --user, in the environment, and the session token', async () => {
  const open = ONE_FILE['s3'];
  if (open === undefined) throw new Error('s3');
  await using one = await open('', authority.issue(), '');
  const { args } = one;
  const url = 's3://source-bucket/big.bin';
  const refused: readonly Source[] = [
    { url: `s3://AKIDEXAMPLE:${CANARY}@source-bucket/big.bin`, args },
    { url, args: [...args, '--user', `AKIDEXAMPLE:${CANARY}`] },
    {
      url,
      args,
      environment: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: CANARY, AWS_SESSION_TOKEN: CANARY },
    },
  ];
  for (const source of refused) await run(source, 'out.bin', ['--verbose', '--json']);
  await expectSilence();
});

test('http: password, token, header and query, also where a redirect leads to somebody else', async () => {
  const other = await startOrigin();
  try {
    const target = other.serve('/big.bin', { size: FILE_BYTES, etag: '"v1"' });
    const moved = origin.serve('/moved.bin', redirect(target));
    const direct = origin.serve('/direct.bin', { size: FILE_BYTES, etag: '"v1"' });
    const withUser = (url: string) => url.replace('http://', `http://me:${CANARY}@`);
    const netrc = `machine 127.0.0.1 login me password ${CANARY}`;
    await writeFile(join(own, 'netrc'), netrc);
    await everyEnd({ url: `${withUser(direct)}?token=${CANARY}` }, { url: `${withUser(direct)}-none?token=${CANARY}` });
    const others: readonly Source[] = [
      { url: withUser(moved) },
      { url: moved, args: ['--header', `x-token: ${CANARY}`] },
      { url: direct, args: ['--bearer', CANARY] },
      { url: direct, args: ['--header', `x-token: ${CANARY}`] },
      { url: direct, args: ['--netrc'], environment: { NETRC: join(own, 'netrc') } },
      { url: direct, args: ['--bearer', 'secret://token'], environment: { PIECEWORK_SECRET_TOKEN: CANARY } },
    ];
    for (const source of others) expect(await run(source, 'other.bin', ['--verbose', '--json'])).toBe(0);
    expect(other.requests.length).toBeGreaterThan(0);
    said.push(JSON.stringify(other.requests));
    await expectSilence();
  } finally {
    await other[Symbol.asyncDispose]();
  }
});

test('http: a path that is marked as secret, and tokens in a path', async () => {
  const held = { size: FILE_BYTES, etag: '"v1"' };
  const args = ['--secret-path'];
  const marked = origin.serve(`/share/${CANARY}/${CANARY}.bin`, held);
  const moved = origin.serve('/moved.bin', redirect(marked));
  await everyEnd({ url: marked, args }, { url: `${marked}-none`, args });
  for (const url of [
    origin.serve(`/app;jsessionid=${CANARY}`, held),
    origin.serve(`/bot12345:${CANARY}/file.bin`, held),
    origin.serve(`/services/T0000ABCD/B0000ABCD/${CANARY}`, held),
  ])
    await everyEnd({ url }, { url: `${url}-none` });
  expect(await run({ url: moved, args }, '.', ['--verbose', '--json'])).toBe(0);
  expect(await run({ url: marked }, '.', ['--verbose', '--json', '--secret-path'])).toBe(0);
  expect(await readdir(join(world, 'files'))).toContain('download');
  await expectSilence();
});
