import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { AwsFunctions } from '../support/aws-functions.ts';
import { openAwsFunctions, variablesOf } from '../support/aws-functions.ts';
import type { AwsServiceDouble } from '../support/aws-service-double.ts';
import { startAwsServices } from '../support/aws-service-double.ts';
import { formsOf, unreadableDestinations, unreadableSources } from '../support/canary.ts';
import type { FtpServer } from '../support/ftp-server.ts';
import { startFtpServer } from '../support/ftp-server.ts';
import type { Origin } from '../support/origin.ts';
import { redirect, startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import type { SftpServer } from '../support/sftp-server.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import { sshKey } from '../support/ssh-keys.ts';

/*
 * The AWS home's canaries: each credential field of each scheme, given as it is and by reference, on the functions' own
 * handlers. Each transfer fails with refused credentials, is retried with the right ones, and ends well. What is
 * searched: every request to AWS (records, objects, messages, events), every answer of the API, and every line on
 * standard output and error (log and metrics). Only sealed/ may hold a secret, and is empty at the end.
 */

const CANARY = 'c4nary-Zq7wXr2LmT';
const BYTES = patternBytes(0, 6 * 1024 ** 2 + 321);
const KEY = sshKey(CANARY);
const KEY_LINE = KEY.privateKey.split('\n')[3] ?? '';
const HOUR_MS = 3_600_000;

const FORMS = [CANARY, KEY_LINE].flatMap(formsOf);

let store: S3Double;
let origin: Origin;
let other: Origin;
let ftp: FtpServer;
let sftp: SftpServer;
let keyed: SftpServer;
let services: AwsServiceDouble;
let functions: AwsFunctions;
let said: string[];
/** Of the requests to AWS, the first one of this test. */
let firstRequest = 0;
let skippedMs = 0;

beforeAll(async () => {
  [store, origin, other, ftp, sftp, keyed] = await Promise.all([
    startS3Double(),
    startOrigin(),
    startOrigin(),
    startFtpServer({ password: CANARY }),
    startSftpServer({ password: CANARY }),
    startSftpServer({ authorized: KEY }),
  ]);
  services = await startAwsServices(store.endpoint);
  for (const bucket of ['records', 'target', 'source-bucket']) store.makeBucket(bucket);
  for (const { folder } of [ftp, sftp, keyed]) await folder.put('big.bin', BYTES);
  const client = new S3Client({ ...store, forcePathStyle: true });
  await client.send(new PutObjectCommand({ Bucket: 'source-bucket', Key: 'big.bin', Body: BYTES }));
  client.destroy();
  services.secrets.set('piecework/canary', CANARY);
  services.secrets.set('piecework/wrong', `${CANARY}-wrong`);
  services.secrets.set('/piecework/canary', CANARY);
  services.secrets.set('piecework/json', JSON.stringify({ canary: CANARY, key: KEY.privateKey }));
});

afterAll(async () => {
  for (const one of [services, store, origin, other, ftp, sftp, keyed]) await one[Symbol.asyncDispose]();
});

beforeEach(async () => {
  const ports = [origin, other, ftp, sftp, keyed].map(({ port }) => port);
  const all = variablesOf(services.endpoint, [...ports, Number(new URL(store.endpoint).port)]);
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const realNow = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + skippedMs);
  functions = await openAwsFunctions(services);
  firstRequest = services.requests.length;
  said = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
  }
});

type Source = Readonly<Record<string, unknown>>;

const skip = (ms: number) => {
  skippedMs += ms;
};

async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const { text } = await functions.call(method, path, body);
  said.push(text);
  return JSON.parse(text.slice(text.indexOf('\n'))) as Record<string, unknown>;
}

async function end(path: string): Promise<unknown> {
  await functions.run(skip);
  const { status, reason } = await ask('GET', path);
  return status === 'completed' ? status : reason;
}

async function submit(source: Source, holdMs: number): Promise<string> {
  const options = { pieceSizeBytes: 5 * 1024 ** 2, maxFailures: 1, holdMs };
  const { id } = await ask('POST', '/v1/transfers', { source, destination: { bucket: 'target', key: 'out' }, options });
  if (typeof id !== 'string') throw new Error(said.at(-1));
  return `/v1/transfers/${id}`;
}

/** Refused, held, and retried with what is right; and refused without a hold. */
async function everyEnd(right: Source, wrong: Source, code: string): Promise<void> {
  const held = await submit(wrong, HOUR_MS);
  expect(await end(held)).toMatchObject({ code });
  await ask('POST', `${held}/retry`, { source: right });
  expect(await end(held)).toBe('completed');
  expect((await store.object('target', 'out'))?.equals(BYTES)).toBe(true);
  expect(await end(await submit(wrong, 0))).toMatchObject({ code });
}

async function expectSilence(): Promise<void> {
  // Whatever waits for its time, a hold or a grace, is over by then.
  for (let hours = 0; hours < 3; hours += 1) {
    skip(HOUR_MS);
    await functions.tick();
    await functions.run(skip);
  }
  await ask('GET', '/v1/transfers');
  const requests = services.requests.slice(firstRequest);
  const sealed = requests.filter(({ path }) => path.startsWith('/records/sealed/'));
  const names = new Set(sealed.map(({ path }) => path.replace(/^\/records\/|\?.*$/g, '')));
  expect(sealed.some(({ text }) => text.includes(CANARY))).toBe(true);
  for (const name of names) expect(await store.object('records', name), name).toBe(undefined);
  const places: [string, string][] = [
    ...requests.filter((one) => !sealed.includes(one)).map(placeOf),
    ...said.map((text): [string, string] => ['said', text]),
    ...other.requests.map((one): [string, string] => ['the other server', JSON.stringify(one)]),
  ];
  // That log, metrics, messages and events are among them.
  for (const sign of [
    '"piece.done"',
    '_aws',
    'AmazonSQS.SendMessageBatch',
    'AWSEvents.PutEvents',
    '/records/transfers/',
  ])
    expect(
      places.some(([place, text]) => place.includes(sign) || text.includes(sign)),
      sign,
    ).toBe(true);
  expect(places.filter(([, text]) => FORMS.some((form) => text.includes(form))).map(([place]) => place)).toEqual([]);
}

function placeOf({ action, path, text }: AwsServiceDouble['requests'][number]): [string, string] {
  return [`${action} ${path}`, `${path}\n${text}`];
}

/** As it is given, and by each kind of reference. */
const GIVEN = ['', 'secret://piecework/canary', 'secret://ssm/piecework/canary', 'secret://piecework/json#canary'];

test('http: user and password, token, header and query, also where a redirect leads to somebody else', async () => {
  const held = { size: BYTES.length, etag: '"v1"' };
  const url = origin.serve('/big.bin', held);
  const moved = origin.serve('/moved.bin', redirect(other.serve('/big.bin', held)));
  const withUser = url.replace('http://', `http://me:${CANARY}@`);
  await everyEnd({ url: `${withUser}?token=${CANARY}` }, { url: `${withUser}-none?token=${CANARY}` }, 'SourceNotFound');
  for (const given of GIVEN) {
    const secret = given === '' ? CANARY : given;
    const right: readonly Source[] = [
      { url: moved, auth: { kind: 'basic', user: 'me', password: secret } },
      { url: moved, auth: { kind: 'bearer', token: secret } },
      { url: moved, headers: { 'x-token': secret } },
    ];
    for (const source of right) {
      expect(await end(await submit(source, 0))).toBe('completed');
      expect(await end(await submit({ ...source, url: `${url}-none` }, 0))).toMatchObject({ code: 'SourceNotFound' });
    }
  }
  expect(other.requests.length).toBeGreaterThan(0);
  expect(JSON.stringify(origin.requests)).toContain(`"x-token":"${CANARY}"`);
  await expectSilence();
});

test('http: a path that is marked as secret, and tokens in a path', async () => {
  const held = { size: BYTES.length, etag: '"v1"' };
  const secretPath = true;
  const marked = origin.serve(`/share/${CANARY}/a.bin`, held);
  await everyEnd({ url: marked, secretPath }, { url: `${marked}-none`, secretPath }, 'SourceNotFound');
  // A retry keeps the mark.
  const held2 = await submit({ url: `${marked}-none`, secretPath }, HOUR_MS);
  expect(await end(held2)).toMatchObject({ code: 'SourceNotFound' });
  await ask('POST', `${held2}/retry`, { source: { url: `${marked}-none` } });
  expect(await end(held2)).toMatchObject({ code: 'SourceNotFound' });
  for (const url of [
    origin.serve(`/app;jsessionid=${CANARY}`, held),
    origin.serve(`/bot12345:${CANARY}/file.bin`, held),
  ])
    await everyEnd(
      { url },
      { url: url.replace('/bot12345', '/file/bot12345').replace('/app', '/none') },
      'SourceNotFound',
    );
  await expectSilence();
});

test('ftp: the password, in the URL and beside it', async () => {
  const url = `ftp://127.0.0.1:${ftp.port}/big.bin`;
  const inUrl = (password: string) => ({ url: url.replace('ftp://', `ftp://me:${password}@`) });
  const beside = (password: string) => ({ url, auth: { kind: 'basic', user: 'me', password } });
  await everyEnd(inUrl(CANARY), inUrl(`${CANARY}-wrong`), 'SourceUnauthorized');
  await everyEnd(beside(CANARY), beside(`${CANARY}-wrong`), 'SourceUnauthorized');
  for (const given of GIVEN.slice(1)) {
    await everyEnd(beside(given), beside('secret://piecework/wrong'), 'SourceUnauthorized');
  }
  await expectSilence();
});

test('sftp: the password, in the URL and beside it', async () => {
  const hostFingerprint = sftp.hostKey.fingerprint;
  const url = `sftp://127.0.0.1:${sftp.port}/big.bin`;
  const inUrl = (password: string) => ({ url: url.replace('sftp://', `sftp://me:${password}@`), hostFingerprint });
  const beside = (password: string) => ({ url, hostFingerprint, auth: { kind: 'basic', user: 'me', password } });
  await everyEnd(inUrl(CANARY), inUrl(`${CANARY}-wrong`), 'SourceUnauthorized');
  await everyEnd(beside(CANARY), beside('secret://piecework/wrong'), 'SourceUnauthorized');
  for (const given of GIVEN.slice(1)) expect(await end(await submit(beside(given), 0))).toBe('completed');
  await expectSilence();
});

test('sftp: the private key and its passphrase', async () => {
  expect(KEY_LINE.length).toBeGreaterThan(40);
  const locate = (privateKey: string, passphrase: string) => ({
    url: `sftp://127.0.0.1:${keyed.port}/big.bin`,
    hostFingerprint: keyed.hostKey.fingerprint,
    auth: { kind: 'key', user: 'me', privateKey, passphrase },
  });
  const wrong = locate(KEY.privateKey, `${CANARY}-wrong`);
  await everyEnd(locate(KEY.privateKey, CANARY), wrong, 'InvalidOption');
  const byName = 'secret://piecework/json#key';
  await everyEnd(locate(byName, GIVEN[1] ?? ''), locate(byName, 'secret://piecework/wrong'), 'InvalidOption');
  await expectSilence();
});

test('s3: the secret key and the session token', async () => {
  const locate = (given: string, key = 'big.bin') => ({
    url: `s3://source-bucket/${key}`,
    auth: { kind: 'aws', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: given, sessionToken: `token-${given}` },
    store: { endpoint: store.endpoint, region: store.region },
  });
  const byName = (given: string, key?: string) => ({
    ...locate(given, key),
    auth: { kind: 'aws', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: given, sessionToken: given },
  });
  await everyEnd(locate(CANARY), locate(CANARY, 'none'), 'SourceNotFound');
  for (const given of GIVEN.slice(1)) await everyEnd(byName(given), byName(given, 'none'), 'SourceNotFound');
  await expectSilence();
});

test('what the API refuses is not repeated', async () => {
  const destination = { bucket: 'target', key: 'out' };
  const refused: readonly Source[] = [
    { source: { url: `nonsense-${CANARY}` }, destination },
    { source: { url: `http://me:${CANARY}@10.0.0.1/x?token=${CANARY}` }, destination },
    { source: { url: origin.base, auth: { kind: 'basic', user: 'me', passwort: CANARY } }, destination },
    { source: { url: origin.base, headers: { 'x-token': `${CANARY}\n` } }, destination },
    { source: { url: origin.base, hostFingerprint: CANARY }, destination },
    { source: { url: origin.base, auth: { kind: CANARY } }, destination },
    ...unreadableSources(CANARY).map((url) => ({ source: { url }, destination })),
    ...unreadableDestinations(CANARY).map((bucket) => ({
      source: { url: origin.base },
      destination: { bucket, key: 'out' },
    })),
  ];
  for (const body of refused) {
    const { status, text } = await functions.call('POST', '/v1/transfers', body);
    expect([status >= 400, text.toLowerCase().includes(CANARY.toLowerCase())], text).toEqual([true, false]);
  }
  expect(said.join('')).not.toContain(CANARY);
});
