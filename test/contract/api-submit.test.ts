import { describe, expect, it } from 'vitest';
import { allowedOnly } from '../../lib/api/requests/destinations.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { KEYS } from '../../lib/records/records.ts';
import { apiBench, GOOD, ID, problemOf, transferOf } from '../support/api-bench.ts';
import { BAD_SETTINGS } from '../support/bad-settings.ts';

describe('POST /v1/transfers', () => {
  it('takes a transfer on, with the whole request', async () => {
    const bench = apiBench({ basePathOf: () => '/prod' });
    const answer = await bench.post('/v1/transfers', {
      source: {
        url: 'https://origin.example/f?sig=1',
        headers: { 'X-Token': 'secret://piecework/token' },
        auth: { kind: 'basic', user: 'u', password: 'p' },
      },
      destination: GOOD.destination,
      object: { contentType: 'text/plain', encryption: { kind: 'kms' }, tags: { a: 'b' } },
      options: { parallelism: 3, deadlineMs: 60_000, expect: { digests: { crc32: 'ABCDEF01' } } },
    });
    expect(answer.status).toBe(202);
    const body = await transferOf(answer);
    expect(body).toMatchObject({
      status: 'accepted',
      run: 1,
      source: { url: 'https://origin.example/f?sig=***', withheld: true },
      destination: { kind: 's3', ...GOOD.destination },
    });
    expect(answer.headers.get('location')).toBe(`/prod/v1/transfers/${body.id}`);
    expect(body.links.self).toBe(answer.headers.get('location'));
    const stored = (await bench.records.get(KEYS.transfer(body.id)))?.value;
    expect(stored).toMatchObject({
      owner: 'somebody',
      request: {
        object: { contentType: 'text/plain', encryption: { kind: 'kms' }, tags: { a: 'b' } },
        options: { parallelism: 3, maxFailures: 5, deadlineMs: 60_000, expect: { digests: { crc32: 'abcdef01' } } },
      },
    });
    expect(await bench.ports.secrets.unseal(body.id, 1)).toEqual({
      url: 'https://origin.example/f?sig=1',
      headers: { 'x-token': 'secret://piecework/token' },
      auth: { kind: 'basic', user: 'u', password: 'p' },
    });
    expect(bench.waitingPlans()).toBe(1);
  });

  it('returns the first transfer for the same idempotency key and body, in whatever order its fields are', async () => {
    const bench = apiBench();
    const key = { 'idempotency-key': 'k1' };
    const first = await transferOf(await bench.post('/v1/transfers', GOOD, key));
    const { source, destination } = GOOD;
    const again = await bench.post('/v1/transfers', { destination, source }, key);
    expect([again.status, (await transferOf(again)).id]).toEqual([202, first.id]);
    const { key: name, bucket } = destination;
    const other = await bench.post('/v1/transfers', { source, destination: { bucket, key: `${name}2` } }, key);
    expect(other.status).toBe(409);
    expect(await problemOf(other)).toMatchObject({ code: 'Conflict', status: 409 });
    expect((await bench.records.list('transfers/')).paths).toHaveLength(1);
  });

  it.each([
    { url: 'sftp://host/f', auth: { kind: 'key', user: 'u', privateKey: 'secret://piecework/key' } },
    { url: 'sftp://u@host/f', auth: { kind: 'key', privateKey: '-----BEGIN\n', passphrase: 'p' } },
    {
      url: 'sftp://host/f',
      auth: { kind: 'basic', user: 'u', password: 'p' },
      hostFingerprint: `SHA256:${'x'.repeat(43)}`,
    },
    { url: 'ftps://host/f', auth: { kind: 'basic', user: 'u', password: 'p' } },
    { url: 's3://other/f', auth: { kind: 'aws', accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' } },
    { url: 's3://other/f', store: { endpoint: 'https://store.example', region: 'eu-west-1', pathStyle: false } },
  ])('seals a source with all that it needs, and keeps none of it in the record (%j)', async (source) => {
    const bench = apiBench();
    const { id } = await transferOf(await bench.post('/v1/transfers', { ...GOOD, source }));
    expect(await bench.ports.secrets.unseal(id, 1)).toEqual(source);
    const stored = (await bench.records.get(KEYS.transfer(id)))?.value;
    expect(stored?.request.source).toEqual({ url: source.url.replace('u@', '***@'), withheld: true });
  });

  it("keeps one owner's key apart from another's, and stores neither key nor body", async () => {
    let owner = 'a';
    const bench = apiBench({ ownerOf: () => owner });
    const first = await transferOf(await bench.post('/v1/transfers', GOOD, { 'idempotency-key': 'shared-key' }));
    owner = 'b';
    const second = await transferOf(await bench.post('/v1/transfers', GOOD, { 'idempotency-key': 'shared-key' }));
    expect(second.id).not.toBe(first.id);
    const [path = ''] = (await bench.records.list('keys/')).paths;
    const entry = await bench.records.get<object>({ path });
    expect(`${path} ${JSON.stringify(entry?.value)}`).not.toMatch(/shared-key|origin/);
  });

  it.each([
    ['a URL that is none', { ...GOOD, source: { url: 'host/path' } }, 400, 'InvalidUrl', undefined],
    ['a field too many', { ...GOOD, options: { parallel: 3 } }, 400, 'InvalidOption', '#/options/parallel'],
    ['a field too few', { source: GOOD.source }, 400, 'InvalidOption', '#/destination'],
    ['a wrong type', { ...GOOD, options: { parallelism: '3' } }, 400, 'InvalidOption', '#/options/parallelism'],
    [
      'too many pieces in flight',
      { ...GOOD, options: { parallelism: 257 } },
      400,
      'InvalidOption',
      '#/options/parallelism',
    ],
    [
      'a long key',
      { ...GOOD, destination: { bucket: 'bucket', key: `in/${'é'.repeat(511)}` } },
      400,
      'InvalidOption',
      '#/destination/key',
    ],
    [
      'a key with dots',
      { ...GOOD, destination: { bucket: 'bucket', key: 'in/../out' } },
      400,
      'InvalidOption',
      '#/destination/key',
    ],
    [
      'a key as staged objects have it',
      { ...GOOD, destination: { bucket: 'bucket', key: 'in/a.piecework-01K5Z8Q4M7N2R9T6V3W1X0Y5AB' } },
      400,
      'InvalidOption',
      '#/destination/key',
    ],
    [
      'a header that is none',
      { ...GOOD, source: { ...GOOD.source, headers: { a: 'b\r\nc: d' } } },
      400,
      'InvalidOption',
      '#/source/headers/a',
    ],
    [
      'credentials twice',
      { ...GOOD, source: { ...GOOD.source, headers: { Authorization: 'x' }, auth: { kind: 'bearer', token: 't' } } },
      400,
      'InvalidOption',
      undefined,
    ],
    [
      'a digest of another length',
      { ...GOOD, options: { expect: { digests: { sha256: 'ab' } } } },
      400,
      'InvalidOption',
      '#/options/expect/digests/sha256',
    ],
    [
      'a size beyond all limits',
      { ...GOOD, options: { expect: { sizeBytes: 2 ** 47 } } },
      422,
      'DestinationTooSmall',
      undefined,
    ],
    [
      'a copy that no store of the deployment makes',
      { ...GOOD, options: { serverSideCopy: 'always' } },
      422,
      'ServerSideCopyRefused',
      undefined,
    ],
    [
      'too small pieces',
      { ...GOOD, options: { pieceSizeBytes: 1000, expect: { sizeBytes: 10_000_000 } } },
      422,
      'PieceSizeOutOfLimits',
      '#/options/pieceSizeBytes',
    ],
    [
      'too small pieces of whatever size the source has',
      { ...GOOD, options: { pieceSizeBytes: 10 } },
      422,
      'PieceSizeOutOfLimits',
      '#/options/pieceSizeBytes',
    ],
    [
      'too large pieces',
      { ...GOOD, options: { pieceSizeBytes: 5 * 1024 ** 3 + 1 } },
      422,
      'PieceSizeOutOfLimits',
      '#/options/pieceSizeBytes',
    ],
    [
      'another bucket',
      { ...GOOD, destination: { bucket: 'other', key: 'in/a' } },
      422,
      'InvalidDestination',
      undefined,
    ],
    [
      'another prefix',
      { ...GOOD, destination: { bucket: 'bucket', key: 'out/a' } },
      422,
      'InvalidDestination',
      undefined,
    ],
    [
      'an endpoint of its own',
      { ...GOOD, destination: { ...GOOD.destination, endpoint: 'https://evil.example' } },
      422,
      'InvalidDestination',
      undefined,
    ],
  ])('refuses %s', async (_name, body, status, code, pointer) => {
    const bench = apiBench();
    const answer = await bench.post('/v1/transfers', body);
    const problem = await problemOf(answer);
    expect([answer.status, problem['code'], problem['status']]).toEqual([status, code, status]);
    expect((problem['errors'] as { pointer: string }[] | undefined)?.[0]?.pointer).toBe(pointer);
    expect((await bench.records.list('')).paths).toEqual([]);
  });

  it.each(BAD_SETTINGS)('refuses at once what no header carries: %s', async (_name, object, path) => {
    const bench = apiBench();
    const answer = await bench.post('/v1/transfers', { ...GOOD, object });
    const problem = await problemOf(answer);
    // What the schema has a pattern for is a 400, as any field that is out of range.
    expect([answer.status, problem['code']]).toEqual([
      /^(acl|storageClass|contentType)$/.test(path[0] ?? '') ? 400 : 422,
      'InvalidOption',
    ]);
    expect(problem['status']).toBe(answer.status);
    const pointer = `#/object${path.map((name) => `/${/^[\w-]+$/.test(name) ? name : '…'}`).join('')}`;
    expect(problem['errors']).toEqual([{ pointer, detail: expect.any(String) }]);
    expect((await bench.records.list('')).paths).toEqual([]);
  });

  const PIN = `SHA256:${'A'.repeat(43)}`;
  it.each<readonly [string, object, string | undefined]>([
    ['an SSH key for HTTP', { url: 'https://h/a', auth: { kind: 'key', privateKey: 'k' } }, undefined],
    [
      'keys of AWS for FTP',
      { url: 'ftp://h/a', auth: { kind: 'aws', accessKeyId: 'a', secretAccessKey: 's' } },
      undefined,
    ],
    ['a token for S3', { url: 's3://b/a', auth: { kind: 'bearer', token: 't' } }, undefined],
    [
      'a password in the URL beside a key',
      { url: 'sftp://u:p@h/a', auth: { kind: 'key', privateKey: 'k' } },
      undefined,
    ],
    ['the fingerprint of a host without SSH', { url: 'https://h/a', hostFingerprint: PIN }, undefined],
    ['a store for HTTP', { url: 'https://h/a', store: { region: 'eu-west-1' } }, undefined],
    ['a way to log in that nobody knows', { url: 'https://h/a', auth: { kind: 'ntlm' } }, '#/source/auth/kind'],
    ['half of the keys', { url: 's3://b/a', auth: { kind: 'aws', accessKeyId: 'a' } }, '#/source/auth/secretAccessKey'],
    ['a short fingerprint', { url: 'sftp://h/a', hostFingerprint: 'SHA256:abc' }, '#/source/hostFingerprint'],
    ['a store with a password', { url: 's3://b/a', store: { endpoint: 'https://u:p@h' } }, '#/source/store/endpoint'],
    ['a store in a file', { url: 's3://b/a', store: { endpoint: 'file:///x' } }, '#/source/store/endpoint'],
    ['a profile of some machine', { url: 's3://b/a', store: { profile: 'me' } }, '#/source/store/profile'],
  ])('refuses a source that contradicts itself: %s', async (_name, source, pointer) => {
    const bench = apiBench();
    const answer = await bench.post('/v1/transfers', { ...GOOD, source });
    const problem = await problemOf(answer);
    expect([answer.status, problem['code']]).toEqual([400, 'InvalidOption']);
    expect((problem['errors'] as { pointer: string }[] | undefined)?.[0]?.pointer).toBe(pointer);
    expect((await bench.records.list('')).paths).toEqual([]);
  });

  it('names every field that is wrong', async () => {
    const problem = await problemOf(
      await apiBench().post('/v1/transfers', { sauce: 1, source: { url: 1 }, destination: { bucket: '!', key: '' } }),
    );
    expect((problem['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort()).toEqual([
      '#/destination/bucket',
      '#/destination/key',
      '#/sauce',
      '#/source/url',
    ]);
  });

  it('lists the allowed destinations when it refuses one, and gives what they say', async () => {
    const allowedDestinations = [
      { bucket: 'one' },
      { bucket: 'two', prefix: 'p/', region: 'eu-central-1', endpoint: 'https://store.example' },
    ];
    const bench = apiBench({ locate: allowedOnly(allowedDestinations) });
    const refused = await problemOf(await bench.post('/v1/transfers', GOOD));
    expect(refused['allowed']).toEqual(['s3://one/', 's3://two/p/ (eu-central-1, https://store.example)']);
    for (const destination of [
      { bucket: 'two', key: 'p/a' },
      { bucket: 'two', key: 'p/a', region: 'eu-central-1', endpoint: 'https://store.example' },
    ]) {
      const body = await transferOf(await bench.post('/v1/transfers', { ...GOOD, destination }));
      expect(body.destination).toEqual({
        kind: 's3',
        bucket: 'two',
        key: 'p/a',
        region: 'eu-central-1',
        endpoint: 'https://store.example',
      });
    }
  });

  it('takes a destination as a text, where a prefix gets the name at the end of the URL', async () => {
    for (const [text, key] of [
      ['s3://bucket/in/a.iso', 'in/a.iso'],
      ['s3://bucket/in/', 'in/disk.iso'],
    ] as const) {
      const body = await transferOf(await apiBench().post('/v1/transfers', { ...GOOD, destination: text }));
      expect(body.destination).toEqual({ kind: 's3', bucket: 'bucket', key });
    }
  });

  it.each([
    ['', 400, /is empty/],
    [7, 400, /is neither/],
    ['/srv/file', 400, /s3:\/\/bucket\/key/],
    ['s3://bucket', 422, /does not write there/],
    ['s3://bucket/in/../out', 400, /its key has [^.]*\.[^.]* or /],
    ['s3://bucket/out/a', 422, /does not write there/],
  ])('refuses %j as a destination', async (destination, status, detail) => {
    const answer = await apiBench().post('/v1/transfers', { ...GOOD, destination });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(await problemOf(answer))).toMatch(detail);
  });

  it('asks for the name where neither the text nor the URL has one to show', async () => {
    for (const source of [{ url: 'https://origin.example/' }, { ...GOOD.source, secretPath: true }]) {
      const answer = await apiBench().post('/v1/transfers', { source, destination: 's3://bucket/in/' });
      expect(answer.status).toBe(422);
      expect(await problemOf(answer)).toMatchObject({ errors: [{ pointer: '#/destination' }] });
    }
  });

  it('asks the guard, with the whole locator', async () => {
    const asked: unknown[] = [];
    const bench = apiBench({
      async checkSource(url, source) {
        asked.push([url, source.headers]);
        throw new PieceworkError('GuardRefused', `${new URL(url).host}: not contacted, because its host is loopback`);
      },
    });
    const answer = await bench.post('/v1/transfers', {
      ...GOOD,
      source: { url: 'http://127.0.0.1/x', headers: { A: 'b' } },
    });
    expect(await problemOf(answer)).toMatchObject({
      code: 'GuardRefused',
      status: 422,
      detail: expect.stringContaining('loopback'),
    });
    expect(asked).toEqual([['http://127.0.0.1/x', { a: 'b' }]]);
    expect(bench.waitingPlans()).toBe(0);
  });

  it('refuses a body that is malformed, too large, too deep or no JSON', async () => {
    const bench = apiBench();
    const refusal = async (text: string, headers: Record<string, string> = {}) => {
      const answer = await bench.post('/v1/transfers', text, headers);
      return [answer.status, (await problemOf(answer))['code']];
    };
    expect(await refusal('{"source": ')).toEqual([400, 'InvalidOption']);
    expect(await refusal('')).toEqual([400, 'InvalidOption']);
    expect(await refusal('[1]')).toEqual([400, 'InvalidOption']);
    expect(await refusal(JSON.stringify({ ...GOOD, x: 'y'.repeat(65_536) }))).toEqual([413, 'RequestTooLarge']);
    // What the header claims does not help.
    expect(await refusal(JSON.stringify({ ...GOOD, x: 'y'.repeat(65_536) }), { 'content-length': '10' })).toEqual([
      413,
      'RequestTooLarge',
    ]);
    const deep = await bench.post('/v1/transfers', `${'['.repeat(30_000)}${']'.repeat(30_000)}`);
    expect((await problemOf(deep))['detail']).toContain('levels deep');
    const form = await bench.post('/v1/transfers', 'source=x', { 'content-type': 'application/x-www-form-urlencoded' });
    expect((await problemOf(form))['detail']).toContain('Content-Type: application/json');
    const other = await bench.post('/v1/transfers', GOOD, { 'content-type': 'application/jsonx' });
    expect((await problemOf(other))['detail']).toContain('Content-Type: application/json');
    const bracketsInText = await bench.post('/v1/transfers', {
      ...GOOD,
      object: { metadata: { a: '[[[[[[[[[[\\"[[[[' } },
    });
    expect(bracketsInText.status).toBe(202);
  });

  it.each(['application/json;', 'Application/JSON ; charset=utf-8', 'application/json; charset="utf-8";'])(
    'takes JSON that is said to be %j',
    async (type) => {
      expect((await apiBench().post('/v1/transfers', GOOD, { 'content-type': type })).status).toBe(202);
    },
  );

  it('refuses whoever nobody knows, before looking at the body', async () => {
    const bench = apiBench({ ownerOf: () => undefined });
    for (const answer of [
      await bench.post('/v1/transfers', '{'),
      await bench.get('/v1/transfers'),
      await bench.get(`/v1/transfers/${ID}`),
    ]) {
      expect(await problemOf(answer)).toMatchObject({ status: 403, code: 'NotAuthorized' });
    }
    expect((await bench.get('/v1/health')).status).toBe(200);
  });
});
