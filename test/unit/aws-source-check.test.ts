import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../lib/aws/environment.ts';
import { ENV, NEEDS, SOURCE_PORTS, SOURCE_SCHEMES, USUAL_WORKERS } from '../../lib/aws/names.ts';
import { guardedSources } from '../../lib/aws/sources/guarded-sources.ts';
import { sourceCheck } from '../../lib/aws/sources/source-guard.ts';
import { submitChecks } from '../../lib/aws/sources/submit-checks.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { failureOf, thrownBy } from '../support/reading.ts';

// What the API says to a source before anything is contacted. Addresses only: a name would be asked of a resolver.

const TEXTS: Readonly<Record<string, string>> = {
  destinations: '[{"bucket":"target","prefix":""}]',
  secretPrefixes: '["piecework/"]',
  hostConnections: '16',
  planTimeoutSeconds: '900',
  pieceTimeoutSeconds: '120',
  lateSeconds: '300',
  workers: JSON.stringify(USUAL_WORKERS),
  maxWaiting: '50',
  ownership: '{"change":"owner","read":"anyone"}',
};

function environmentWith(rules: object = {}) {
  const ports = SOURCE_PORTS;
  const sources = { allowHosts: [], denyHosts: [], privateHosts: [], ports, schemes: SOURCE_SCHEMES, ...rules };
  const all = { ...TEXTS, sources: JSON.stringify(sources) } as Readonly<Record<string, string>>;
  const variables = NEEDS.api.map((name) => [
    ENV[name],
    all[name] ?? (name.endsWith('Url') ? `https://q/${name}` : name),
  ]);
  return readEnvironment('api', Object.fromEntries(variables) as Record<string, string>);
}

const check = (source: SourceLocator, rules?: object) => sourceCheck(environmentWith(rules))(source.url, source);
const keys = { kind: 'aws', accessKeyId: 'secret://piecework/id', secretAccessKey: 'secret://piecework/key' } as const;

test.each<SourceLocator>([
  ...['http', 'https', 'ftp', 'ftps', 'ftpes', 'sftp'].map((scheme) => ({ url: `${scheme}://me@8.8.8.8/file.bin` })),
  { url: 's3://bucket/key', auth: keys },
  { url: 's3://AKIDEXAMPLE:key@bucket/key' },
  { url: 's3://bucket/key', auth: keys, store: { endpoint: 'https://8.8.8.8' } },
])('$url is taken', async (source) => {
  await check(source);
  expect(guardedSources.sources(environmentWith())(source.url).schemes).toContain(
    new URL(source.url).protocol.slice(0, -1),
  );
});

test.each(['ftp', 'sftp', 's3'])('%s: a path with .. is refused', async (scheme) => {
  await failureOf(check({ url: `${scheme}://me@8.8.8.8/a/../b`, auth: keys }), 'InvalidUrl');
});

const INSIDE = ['127.0.0.1', '127.1', '0x7f.1', '2130706433', '017700000001', '[::1]', '[::ffff:10.0.0.1]', '10.0.0.1'];
const METADATA = ['169.254.169.254', '0xa9fea9fe', '2852039166', '[64:ff9b::a9fe:a9fe]', '[fd00:ec2::254]'];

describe.each([...INSIDE, ...METADATA])('%s is refused', (host) => {
  test.each(['http', 'https', 'ftp', 'ftps', 'ftpes', 'sftp'])('by %s', async (scheme) => {
    await failureOf(check({ url: `${scheme}://me@${host}/file.bin` }), 'GuardRefused');
  });

  test('as the endpoint of a store', async () => {
    await failureOf(
      check({ url: 's3://bucket/key', auth: keys, store: { endpoint: `http://${host}` } }),
      'GuardRefused',
    );
  });
});

test('a bucket without credentials is refused: the role of the functions is lent to nobody', async () => {
  const error = await failureOf(check({ url: 's3://records-bucket/sealed/01J/1' }), 'InvalidOption');
  expect(error.message).toContain('credentials are needed');
  const { url } = { url: 's3://records-bucket/sealed/01J/1' };
  const call = { signal: new AbortController().signal };
  const source = guardedSources.sources(environmentWith())(url);
  await failureOf(source.probe({ url }, 1, call), 'InvalidOption');
});

test.each(['file:///etc/passwd', 'gopher://8.8.8.8/', '-'])('%s is no source of a deployment', async (url) => {
  await expect(check({ url })).rejects.toMatchObject({ name: 'PieceworkError' });
  await thrownBy(() => guardedSources.sources(environmentWith())(url), 'UnsupportedScheme');
});

test.each([
  ['ftp://8.8.8.8/file.bin', undefined],
  ['sftp://me@8.8.8.8/file.bin', undefined],
  ['s3://bucket/key', keys],
] as const)('%s is refused where the deployment takes https alone', async (url, auth) => {
  await failureOf(check({ url, ...(auth === undefined ? {} : { auth }) }, { schemes: ['https'] }), 'GuardRefused');
});

test.each(['http://8.8.8.8:21/', 'http://8.8.8.8:22/', 'https://8.8.8.8:990/'])(
  '%s is refused: no HTTP to an FTP or SSH server',
  async (url) => {
    await failureOf(check({ url }), 'GuardRefused');
    await failureOf(check({ url: 's3://bucket/key', auth: keys, store: { endpoint: url } }), 'GuardRefused');
  },
);

test('a scheme that is refused is told all that there are, and whether it could be one of them', async () => {
  const refusal = async (url: string, rules?: object) =>
    (await failureOf(check({ url }, rules), 'GuardRefused')).message;
  expect(await refusal('file:///etc/passwd')).toContain(
    'takes http, https, ftp, ftps, ftpes, sftp, s3 and no file: URLs; nothing allows it',
  );
  expect(await refusal('ftp://8.8.8.8/x', { schemes: ['https'] })).toContain(
    'takes https and no ftp: URLs; its prop schemes would allow it',
  );
});

test.each(['host', 'range', 'if-range', 'content-length', 'proxy-authorization'])(
  'the header %s, which a transfer sets itself, is refused at the submit',
  async (name) => {
    const source = { url: 'https://8.8.8.8/x', headers: { [name]: '1' } };
    expect((await failureOf(check(source), 'InvalidOption')).message).toContain(name);
  },
);

test('rules that are none are said to be a fault of the settings, at each submit that would need them', async () => {
  const environment = environmentWith({ schemes: ['gopher'] });
  const { message } = await thrownBy(() => submitChecks(environment), 'InvalidConfig');
  expect(message).toContain('rules of sources');
  expect(Object.keys(submitChecks(environmentWith()))).toEqual(['checkSource', 'checkHooks']);
});
