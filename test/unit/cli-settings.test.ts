import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nearest } from '../../cli/options/near.ts';
import { copyRequest, localOptions, retrySource } from '../../cli/options/request.ts';
import type { Flags } from '../../cli/options/settings.ts';
import { resolveSettings } from '../../cli/options/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'piecework-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string): string {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, content);
  return path;
}

async function settings(flags: Flags, environment: NodeJS.ProcessEnv = {}, config?: unknown) {
  const path = config === undefined ? undefined : file(typeof config === 'string' ? config : JSON.stringify(config));
  const named = path === undefined ? {} : { PIECEWORK_CONFIG: path };
  const { config: _path, ...rest } = await resolveSettings('copy', flags, {
    XDG_CONFIG_HOME: folder,
    ...named,
    ...environment,
  });
  return rest;
}

describe('flags over environment over config file over default', () => {
  it('takes each from where it stands highest', async () => {
    const config = { parallel: 3, maxAttempts: 4, hold: '10m', pieceSize: 5242880 };
    const environment = { PIECEWORK_PARALLEL: '5', PIECEWORK_MAX_ATTEMPTS: '6' };
    expect(await settings({ parallel: ['7'] }, environment, config)).toEqual({
      parallel: 7,
      maxAttempts: 6,
      hold: 600_000,
      pieceSize: 5_242_880,
    });
  });

  it('leaves what nobody says to the library', async () => {
    expect(await settings({})).toEqual({});
  });

  it('switches off above what is switched on below', async () => {
    expect(await settings({ json: ['false'] }, { PIECEWORK_JSON: '1' }, { json: true })).toEqual({ json: false });
    expect(await settings({}, { PIECEWORK_JSON: 'no' }, { json: true })).toEqual({ json: false });
  });

  it('takes an empty variable for none', async () => {
    expect(await settings({}, { PIECEWORK_PARALLEL: '' }, { parallel: 2 })).toEqual({ parallel: 2 });
  });

  it('replaces a repeatable setting, and reads several values from several lines', async () => {
    const environment = { PIECEWORK_HEADER: 'Accept: text/plain\nX-One: 1, 2' };
    expect((await settings({}, environment, { header: ['X-Two: 2'] })).header).toEqual({
      accept: 'text/plain',
      'x-one': '1, 2',
    });
    expect((await settings({ header: ['X-Three: 3'] }, environment)).header).toEqual({ 'x-three': '3' });
  });

  it('takes the last of a flag given twice', async () => {
    expect((await settings({ parallel: ['2', '9'] })).parallel).toBe(9);
  });

  it('reads only what the verb takes', async () => {
    const environment = { XDG_CONFIG_HOME: folder, PIECEWORK_PARALLEL: 'nonsense' };
    expect(await resolveSettings('list', {}, environment)).toEqual({});
  });

  it('finds the config file by itself, and does without', async () => {
    expect(await resolveSettings('copy', {}, { XDG_CONFIG_HOME: join(folder, 'none') })).toEqual({});
    const path = file('{ "parallel": 11 }');
    expect((await settings({ config: [path] })).parallel).toBe(11);
  });
});

describe('what is wrong is named, with where it was given', () => {
  it.each([
    [{ parallel: ['0'] }, {}, undefined, 'InvalidOption', '--parallel: "0" is not a whole number from 1 to 256'],
    [{ parallel: ['257'] }, {}, undefined, 'InvalidOption', '--parallel: "257" is not a whole number from 1 to 256'],
    [{ parallel: ['3.5'] }, {}, undefined, 'InvalidOption', '--parallel: "3.5" is not a whole number'],
    [{}, { PIECEWORK_PARALLEL: 'x' }, undefined, 'InvalidOption', 'PIECEWORK_PARALLEL: "x" is not'],
    [{}, {}, { parallel: 1000 }, 'InvalidConfig', '"parallel" in '],
    [{}, {}, { parallel: [] }, 'InvalidConfig', 'is to be a number or a text'],
    [{}, {}, { json: 'yes' }, 'InvalidConfig', '"json" in the config file'],
    [{}, {}, { paralel: 1 }, 'InvalidConfig', 'unknown key "paralel" in the config file'],
    [{}, {}, { paralel: 1 }, 'InvalidConfig', 'did you mean parallel?'],
    [{}, {}, { 'if-exists': 'fail' }, 'InvalidConfig', 'did you mean ifExists?'],
    [{}, {}, { config: 'x' }, 'InvalidConfig', 'unknown key "config"'],
    [{}, {}, '[1]', 'InvalidConfig', 'is to hold one JSON object'],
    [{}, {}, '{ "parallel": ', 'InvalidConfig', 'is not JSON'],
    [{ config: ['/nonexistent/config.json'] }, {}, undefined, 'InvalidConfig', "can't be read (ENOENT)"],
    [{ config: ['/dev/zero'] }, {}, undefined, 'InvalidConfig', "can't be read (it is no ordinary file)"],
    [{ pieceSize: ['16 parsecs'] }, {}, undefined, 'InvalidOption', '--piece-size: "16 parsecs" is not a size such as'],
    [
      { pieceSize: ['0'] },
      {},
      undefined,
      'InvalidOption',
      'is too small, the least is 4 KiB; a number without a unit counts bytes',
    ],
    [{ limitRate: ['fast'] }, {}, undefined, 'InvalidOption', '--limit-rate: "fast" is not a speed'],
    [{ deadline: ['soon'] }, {}, undefined, 'InvalidOption', '--deadline: "soon" is not a time such as'],
    [{ deadline: ['1ms'] }, {}, undefined, 'InvalidOption', 'is not within 1s to 365d'],
    [{ ifExists: ['maybe'] }, {}, undefined, 'InvalidOption', '"maybe" is none of replace, fail, if-changed'],
    [{ expectSha256: ['abc'] }, {}, undefined, 'InvalidOption', 'is not a sha256, which has 64 hexadecimal digits'],
    [{ expectType: ['html'] }, {}, undefined, 'InvalidOption', 'is not a media type'],
    [{ tag: ['novalue'] }, {}, undefined, 'InvalidOption', '--tag: "novalue" is not NAME=VALUE'],
    [{ header: ['nonsense'] }, {}, undefined, 'InvalidOption', '--header: it is to be "Name: value"'],
    [{ header: ['@/nonexistent/h'] }, {}, undefined, 'InvalidOption', "the file /nonexistent/h can't be read"],
    [{ header: ['@/dev/zero'] }, {}, undefined, 'InvalidOption', "can't be read (it is no ordinary file)"],
    [{ user: ['nobody'] }, {}, undefined, 'InvalidOption', '--user: it is to be user:password'],
    [{ bearer: [''] }, {}, undefined, 'InvalidOption', '--bearer: it is empty'],
    [
      { endpointUrl: ['ftp://x'] },
      {},
      undefined,
      'InvalidOption',
      '--endpoint-url: it is to be the http: or https: URL',
    ],
    [{ quiet: ['true'], verbose: ['true'] }, {}, undefined, 'InvalidOption', '--quiet and --verbose'],
    [{ noClobber: ['true'], ifExists: ['replace'] }, {}, undefined, 'InvalidOption', '--no-clobber means'],
    [{ dryRun: ['true'], restart: ['true'] }, {}, undefined, 'InvalidOption', '--dry-run does nothing'],
    [{ user: ['a:b'], bearer: ['t'] }, {}, undefined, 'InvalidOption', '--user and --bearer'],
    [{ userAgent: ['me'], header: ['User-Agent: x'] }, {}, undefined, 'InvalidOption', '--user-agent and a header'],
    [{ userAgent: ['a\nb'] }, {}, undefined, 'InvalidOption', '--user-agent: '],
    [{ bearer: ['t'], header: ['Authorization: x'] }, {}, undefined, 'InvalidOption', '--bearer and a header'],
    [{ sse: ['s3'], sseKmsKeyId: ['k'] }, {}, undefined, 'InvalidOption', '--sse s3 uses no KMS key'],
  ])('%j %j %j', (flags: Flags, environment: NodeJS.ProcessEnv, config: unknown, code, message) => {
    return expect(settings(flags, environment, config)).rejects.toThrow(
      expect.objectContaining({ name: 'PieceworkError', code, message: expect.stringContaining(message) }),
    );
  });

  it('never shows a secret', async () => {
    const secret = 'hunter2hunter2';
    const wrong: [Flags, unknown][] = [
      [{ header: [secret] }, undefined],
      [{ user: [secret] }, undefined],
      [{ endpointUrl: [`https://u:${secret}@host/?${secret}`] }, undefined],
      [{ header: [`Bad Name: ${secret}`] }, undefined],
      [{}, `{ "bearer": "${secret}" x`],
      [{}, { bearer: [secret] }],
      [{}, { header: [secret] }],
      [{ user: [`a:${secret}`], header: [`Authorization: ${secret}`] }, undefined],
    ];
    for (const [flags, config] of wrong) {
      await expect(settings(flags, {}, config)).rejects.toThrow(
        expect.objectContaining({ name: 'PieceworkError', message: expect.not.stringContaining(secret) }),
      );
    }
  });
});

describe('contradictions from different places', () => {
  it('are settled by the higher place', async () => {
    expect(await settings({ verbose: ['true'] }, {}, { quiet: true })).toEqual({ verbose: true });
    expect(await settings({ ifExists: ['replace'] }, { PIECEWORK_NO_CLOBBER: '1' })).toEqual({ ifExists: 'replace' });
    expect(await settings({ noClobber: ['true'] }, {}, { ifExists: 'replace' })).toEqual({ noClobber: true });
    expect(await settings({ bearer: ['t'] }, { PIECEWORK_USER: 'a:b' })).toEqual({ bearer: 't' });
  });

  it('are none where both say the same', async () => {
    const both = { noClobber: true, ifExists: 'fail' };
    expect(await settings({ noClobber: ['true'], ifExists: ['fail'] })).toEqual(both);
  });
});

describe('what the library gets', () => {
  it('is nothing but what was said', () => {
    expect(copyRequest('https://h/f', undefined, {})).toEqual({
      source: { url: 'https://h/f' },
      object: {},
      options: { expect: { digests: {} } },
    });
    expect(localOptions({})).toEqual({ http: {}, s3: {}, sourceS3: {}, ssh: {} });
  });

  it('has a place for every setting of copy', async () => {
    const all = await settings({
      parallel: ['4'],
      pieceSize: ['8MiB'],
      limitRate: ['1MB/s'],
      maxAttempts: ['2'],
      deadline: ['2h'],
      hold: ['0'],
      noClobber: ['true'],
      onSourceChange: ['restart'],
      restart: ['true'],
      expectSha256: ['A'.repeat(64)],
      expectCrc32: ['0badf00d'],
      expectSize: ['1kB'],
      expectType: ['image/*'],
      header: ['Accept: a', 'accept: b', 'Cookie: x=1', 'cookie: y=2', 'X-Empty;'],
      user: ['me:pass:word'],
      maxRedirects: ['0'],
      allowInsecureRedirect: ['true'],
      connectTimeout: ['1.5s'],
      headersTimeout: ['2'],
      stallTimeout: ['3s'],
      minSpeed: ['0'],
      caFile: ['ca.pem'],
      contentType: ['text/plain; charset=utf-8'],
      metadata: ['a=1', 'b=x=y'],
      tag: ['t='],
      storageClass: ['GLACIER_IR'],
      sse: ['aws:kms'],
      sseKmsKeyId: ['key'],
      acl: ['private'],
      profile: ['p'],
      region: ['eu-central-1'],
      endpointUrl: ['http://127.0.0.1:9000'],
      pathStyle: ['false'],
      stateDir: ['/state'],
      netrc: ['true'],
      identity: ['key'],
      identityPassphrase: ['open sesame'],
      knownHosts: ['hosts'],
      sourceProfile: ['q'],
      sourceRegion: ['eu-west-1'],
      sourceEndpointUrl: ['http://127.0.0.1:9001'],
    });
    expect(copyRequest('https://h/f', 's3://b/k', all)).toEqual({
      source: {
        url: 'https://h/f',
        headers: { accept: 'a, b', cookie: 'x=1; y=2', 'x-empty': '' },
        auth: { kind: 'basic', user: 'me', password: 'pass:word' },
        maxRedirects: 0,
        allowInsecureRedirect: true,
      },
      destination: 's3://b/k',
      restart: true,
      object: {
        contentType: 'text/plain; charset=utf-8',
        storageClass: 'GLACIER_IR',
        acl: 'private',
        tags: { t: '' },
        metadata: { a: '1', b: 'x=y' },
        encryption: { kind: 'kms', keyId: 'key' },
      },
      options: {
        parallelism: 4,
        pieceSizeBytes: 8 * 1024 ** 2,
        maxFailures: 2,
        deadlineMs: 7_200_000,
        holdMs: 0,
        ifExists: 'fail',
        onSourceChange: 'restart',
        expect: {
          digests: { sha256: 'a'.repeat(64), crc32: '0badf00d' },
          sizeBytes: 1000,
          contentType: 'image/*',
        },
      },
    });
    expect(localOptions(all)).toEqual({
      stateDir: '/state',
      limitRate: 1_000_000,
      netrc: true,
      ssh: { identityFile: 'key', passphrase: 'open sesame', knownHostsFile: 'hosts' },
      sourceS3: { endpoint: 'http://127.0.0.1:9001', region: 'eu-west-1', profile: 'q' },
      http: {
        connectTimeoutMs: 1500,
        headersTimeoutMs: 2000,
        stallTimeoutMs: 3000,
        minBytesPerSecond: 0,
        caFile: 'ca.pem',
      },
      s3: {
        endpointUrl: 'http://127.0.0.1:9000',
        region: 'eu-central-1',
        pathStyle: false,
        profile: 'p',
        caFile: 'ca.pem',
      },
    });
  });

  it('reads secrets from files', async () => {
    const given = await settings({
      bearer: [`@${file('token\n')}`],
      header: [`@${file('# ours\nX-One: 1\n\nX-Two: 2\r\n')}`],
    });
    expect(given).toEqual({ bearer: 'token', header: { 'x-one': '1', 'x-two': '2' } });
    expect((await settings({ user: [`@${file('me:pw\n')}`] })).user).toEqual({ user: 'me', password: 'pw' });
  });

  it('makes a source for a retry only where something is said of it', () => {
    expect(retrySource(undefined, {}, 'https://h/f')).toBeUndefined();
    expect(retrySource('https://h/f?q=1', {}, 'https://h/f?q=***')).toEqual({ url: 'https://h/f?q=1' });
    expect(retrySource(undefined, { bearer: 't' }, 'https://h/f')).toMatchObject({
      url: 'https://h/f',
      auth: { kind: 'bearer', token: 't' },
    });
    // The URL was stored in part only: what is missing, the library says.
    expect(retrySource(undefined, { bearer: 't' }, 'https://h/f?q=***')).toBeUndefined();
  });
});

describe('nearest', () => {
  it.each([
    ['paralel', 'parallel'],
    ['parallle', 'parallel'],
    ['PARALLEL', 'parallel'],
    ['piece-size', 'pieceSize'],
    ['expect', undefined],
    ['zzz', undefined],
    ['', undefined],
    ['par', 'parallel'],
  ])('%s → %s', (given, meant) => {
    expect(nearest(given, ['parallel', 'pieceSize', 'expectSha1', 'expectSha256'])).toBe(meant);
  });
});
