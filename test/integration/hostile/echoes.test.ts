import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run } from '../../../cli/run.ts';
import { openLocal } from '../../../lib/local/open.ts';
import { formsOf } from '../../support/canary.ts';
import { testContext } from '../../support/cli-context.ts';
import type { EchoServer, HttpAnswer } from '../../support/echo-servers.ts';
import { echoFtp, echoHttp, echoNoise, echoSsh, says } from '../../support/echo-servers.ts';
import { filesUnder } from '../../support/files-under.ts';

/*
 * A server answers with the secret that it was sent, and with escape sequences, in everything that it may say. Looked
 * at is all that a person, a program or a terminal gets, and all that is recorded: none of it holds the secret, nor a
 * control character that is not ours.
 */

const CANARY = 'c4nary-Zq7wXr2LmT';
const FORMS = formsOf(CANARY).map((form) => form.toLowerCase());
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-echo-'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE').stubEnv('AWS_SECRET_ACCESS_KEY', CANARY);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

interface Asked {
  readonly url: string;
  readonly args?: readonly string[];
  readonly to?: string;
}

const MODES = [[], ['--verbose'], ['--json', '--verbose'], ['--quiet']];
/** What is asked for patience is asked again until the deadline, a second each time. */
const ONE_MODE = [['--verbose']];

const modesFor = (what: number | string) => (/^(429|503|421)/.test(String(what)) ? ONE_MODE : MODES);

async function expectSilence(asked: Asked, modes: readonly (readonly string[])[] = MODES): Promise<void> {
  for (const [index, mode] of modes.entries()) {
    for (const isTTY of mode.includes('--json') ? [false] : [false, true]) {
      const stateDir = join(home, `state-${index}-${isTTY}`);
      const context = {
        ...testContext({ environment: { HOME: home, LANG: 'C.UTF-8', TERM: 'xterm' }, isTTY }),
        openLocal: async (options: Parameters<typeof openLocal>[0]) =>
          openLocal({ ...options, stateDir, backoff: { baseMs: 1, capMs: 5 } }),
      };
      const { url, args = [], to = join(home, `files-${index}-${isTTY}/`) } = asked;
      const patience = [
        '--max-attempts',
        '1',
        '--deadline',
        '1s',
        '--hold',
        '0s',
        '--headers-timeout',
        '1s',
        '--region',
        'us-east-1',
      ];
      await run(['copy', url, to, ...args, ...patience, ...mode], context);
      await run(['list', ...mode], context);
      const texts: [string, string][] = [
        ['stdout', context.stdout.text],
        ['stderr', isTTY ? withoutOurs(context.stderr.text) : context.stderr.text],
        ...(await filesIn(stateDir)),
      ];
      for (const [place, text] of texts) {
        const shown = `${place} of ${mode.join(' ')}: ${JSON.stringify(text)}`;
        expect(
          FORMS.filter((form) => text.toLowerCase().includes(form)),
          shown,
        ).toEqual([]);
        expect(UNPRINTABLE.exec(text), shown).toBeNull();
      }
    }
  }
}

/** Colours, and what draws the progress line over again. */
function withoutOurs(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are control characters
  return text.replace(/\u001b\[(?:3[1-6]|39|[12]|22)m|(?:\u001b\[\d+A)?\r\u001b\[0J/g, '');
}

async function filesIn(folder: string): Promise<[string, string][]> {
  const files = await filesUnder(folder).catch(() => []);
  return await Promise.all(files.map(async (file) => [file, `${file} ${await readFile(file, 'utf8')}`] as const)).then(
    (all) => all.map(([name, text]) => [name, text]),
  );
}

const ECHOES = [
  'server: SECRET NOISE',
  'www-authenticate: Basic realm="SECRET NOISE"',
  'x-request-id: SECRET',
  'set-cookie: a=SECRET',
  'retry-after: SECRET',
];
const BODY = 'you sent SECRET NOISE SECRET';
const XML =
  '<?xml version="1.0"?><Error><Code>SECRET</Code><Message>SECRET NOISE</Message><Resource>SECRET</Resource><Region>SECRET</Region><Endpoint>SECRET</Endpoint></Error>'.replace(
    'NOISE',
    '\u009b31m\u202e&#27;[2J&#7;',
  );
const AMZ = [
  'x-amz-request-id: SECRET',
  'x-amz-id-2: SECRET NOISE',
  'x-amz-bucket-region: SECRET',
  'server: SECRET NOISE',
];
const DESCRIBED = [
  'content-type: text/SECRETNOISE',
  'content-encoding: SECRETNOISE',
  'content-language: SECRET NOISE',
  'cache-control: SECRET NOISE',
  'content-disposition: attachment; filename="SECRET NOISE.bin"',
  'digest: sha-256=SECRET',
  'last-modified: SECRET',
];

const HTTP: readonly (readonly [string, HttpAnswer])[] = [
  ...[400, 401, 403, 404, 407, 410, 416, 429, 500, 503].map(
    (status) => [`${status}`, says(`${status} SECRET NOISE`, ECHOES, BODY)] as const,
  ),
  ['no HTTP', (secret) => `${secret} \u001b[2J\r\n\r\n`],
  ['a header that is none', says('200 OK', ['SECRET\u001b[2J: x'])],
  ['a coding that nobody asked for', says('200 OK', ['transfer-encoding: SECRET NOISE'])],
  ['a range that is none', says('206 Partial', ['content-range: bytes SECRET NOISE'])],
  ['a redirect to nowhere', says('302 SECRET', ['location: ht tp://SECRET NOISE'])],
  ['a redirect to another scheme', says('302 SECRET', ['location: gopher://SECRET/SECRET'])],
  [
    'a redirect with the secret in its path',
    (secret, port, path) =>
      path.includes('next')
        ? says('404 SECRET', ECHOES, BODY)(secret, port, path)
        : says('302 Found', ['location: http://u:SECRET@127.0.0.1:PORT/next/SECRET?a=SECRET'])(secret, port, path),
  ],
  ['a good answer that describes itself so', says('200 OK', [...DESCRIBED, 'etag: "v1"'], 'bytes')],
  ['a version that is the secret', says('200 OK', ['etag: "SECRET"'], 'bytes')],
];

const CREDENTIALS: readonly (readonly [string, readonly string[]])[] = [
  ['-u', ['-u', `me:${CANARY}`]],
  ['-H', ['-H', `X-Token: ${CANARY}`]],
];

test.each(HTTP)('HTTP: %s', async (what, answer) => {
  await using server = await echoHttp(CANARY, answer);
  for (const [, args] of CREDENTIALS)
    await expectSilence({ url: `http://127.0.0.1:${server.port}/file.bin`, args }, modesFor(what));
});

test.each([200, 401, 403, 407, 502])('a proxy: %d', async (status) => {
  await using server = await echoHttp(CANARY, says(`${status} SECRET NOISE`, ECHOES, BODY));
  for (const name of ['http_proxy', 'https_proxy']) vi.stubEnv(name, `http://me:${CANARY}@127.0.0.1:${server.port}`);
  for (const scheme of ['http', 'https']) await expectSilence({ url: `${scheme}://source.invalid/file.bin` });
});

test.each([400, 403, 404, 412, 500, 503])('S3 as a source: %d', async (status) => {
  await using server = await echoHttp(CANARY, says(`${status} SECRET`, AMZ, XML));
  const args = ['--source-endpoint-url', `http://127.0.0.1:${server.port}`, '--source-region', 'us-east-1'];
  await expectSilence({ url: 's3://bucket/file.bin', args }, modesFor(status));
});

test.each([301, 400, 403, 404, 412, 500, 503])('S3 as a destination: %d', async (status) => {
  await using source = await echoHttp('nothing', says('200 OK', ['etag: "v1"'], 'bytes'));
  await using server = await echoHttp(CANARY, says(`${status} SECRET`, AMZ, XML));
  const args = ['--endpoint-url', `http://127.0.0.1:${server.port}`];
  await expectSilence(
    { url: `http://127.0.0.1:${source.port}/file.bin`, to: 's3://bucket/file.bin', args },
    modesFor(status),
  );
});

test.each<readonly [string, Readonly<Record<string, string>>]>([
  ['421, a greeting that refuses', { '': '421 SECRET NOISE' }],
  ['a login that is refused', { PASS: '530 SECRET NOISE' }],
  ['a file that is none', { SIZE: '550 SECRET NOISE', MDTM: '550 SECRET', RETR: '550 SECRET NOISE' }],
  ['sizes and dates that are none', { SIZE: '213 SECRET NOISE', MDTM: '213 SECRET', EPSV: '229 SECRET (|||SECRET|)' }],
  ['features and addresses that are none', { FEAT: '211-SECRET NOISE\r\n SECRET\r\n211 SECRET', PASV: '227 SECRET' }],
  ['a mode that is none', { TYPE: '504 SECRET NOISE' }],
  ['no FTP', { '': 'SECRET NOISE', USER: 'SECRET' }],
])('FTP: %s', async (what, replies) => {
  await using server: EchoServer = await echoFtp(CANARY, replies);
  await expectSilence({ url: `ftp://me:${CANARY}@127.0.0.1:${server.port}/file.bin` }, modesFor(what));
});

test.each(['nobody', 'in'] as const)('SSH: banners, prompts and errors of a server that lets %s', async (lets) => {
  await using server = await echoSsh(CANARY, lets);
  const url = `sftp://me:${CANARY}@127.0.0.1:${server.port}/file.bin`;
  await expectSilence({ url, args: ['--host-fingerprint', server.pin] });
  await expectSilence({ url });
});

test('SSH: something else answers', async () => {
  await using server = await echoNoise(CANARY);
  await expectSilence({ url: `sftp://me:${CANARY}@127.0.0.1:${server.port}/file.bin` });
});
