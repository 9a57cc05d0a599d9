import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { KEYS } from '../../lib/records/records.ts';
import { toIso } from '../../lib/values/time.ts';
import { accepted, NOW, transferring } from '../support/a-transfer.ts';
import { apiBench, GOOD, ID, pageOf, problemOf, transferOf } from '../support/api-bench.ts';

const FIRST = '01JZ8QH5X3M9V7T2B400000001';

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
      undefined,
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
    const bench = apiBench({ allowedDestinations });
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
    const bracketsInText = await bench.post('/v1/transfers', {
      ...GOOD,
      object: { metadata: { a: '[[[[[[[[[[\\"[[[[' } },
    });
    expect(bracketsInText.status).toBe(202);
  });

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

describe('GET /v1/transfers/{id}', () => {
  it('shows progress, speed, estimate and the piece map from the ledger', async () => {
    const bench = apiBench();
    const over = transferring({
      cursor: 9,
      deadlineAt: toIso(NOW + 24 * 3_600_000),
      trouble: {
        6: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' },
        2: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' },
      },
    });
    await bench.store(ID, over);
    bench.time = NOW + 10_000;
    bench.ledger = [1, 2, 3, 5].map((number) => ({
      number,
      sizeBytes: 10,
      crc32: 1,
      modifiedAt: toIso(NOW + number * 1000),
    }));
    const body = await transferOf(await bench.get(`/v1/transfers/${ID}`));
    expect(body.progress).toEqual({
      doneBytes: 40,
      sizeBytes: 100,
      percent: 40,
      bytesPerSecond: 4,
      remainingSeconds: 15,
    });
    expect(body.pieces).toEqual({
      count: 10,
      doneCount: 4,
      inFlightCount: 4,
      doneRanges: [
        [1, 3],
        [5, 5],
      ],
      troubleCount: 1,
      trouble: [{ pieceNumber: 6, attempt: 2, failures: 1, waits: 0, code: 'SourceReset' }],
    });
    expect(body.plan).toEqual({ mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 });
  });

  it('shows the end: result, reason, what is held', async () => {
    const bench = apiBench();
    const result = { sizeBytes: 100, crc32: '0badf00d', version: 'validator', digests: { sha256: 'ab' } } as const;
    await bench.store(ID, transferring({ status: 'completed', result, endedAt: toIso(NOW) }));
    const completed = await transferOf(await bench.get(`/v1/transfers/${ID.toLowerCase()}`));
    expect(completed).toMatchObject({ status: 'completed', result, progress: { doneBytes: 100, percent: 100 } });
    expect(completed.pieces).toBeUndefined();
    const reason = { code: 'SourceNotFound', message: 'gone', details: { sourceStatus: 404 } } as const;
    await bench.store(FIRST, transferring({ status: 'failed', reason, heldUntil: toIso(NOW + 1) }));
    const failed = await transferOf(await bench.get(`/v1/transfers/${FIRST}`));
    expect(failed).toMatchObject({
      status: 'failed',
      reason,
      heldUntil: toIso(NOW + 1),
      pieces: { doneCount: 0, inFlightCount: 0 },
    });
  });

  it('shows the transfer where the store is out of reach, and says why there are no pieces', async () => {
    const bench = apiBench();
    await bench.store(ID, transferring());
    bench.ledger = new PieceworkError('DestinationDenied', 'the store refuses; s3:ListMultipartUploadParts is missing');
    const answer = await bench.get(`/v1/transfers/${ID}`);
    expect(answer.status).toBe(200);
    expect(await transferOf(answer)).toMatchObject({
      status: 'transferring',
      progress: { sizeBytes: 100 },
      piecesUnavailable: { code: 'DestinationDenied' },
    });
  });

  it('waits until the record changes, and no longer than asked', async () => {
    const bench = apiBench();
    const record = await bench.store(ID);
    let sleeps = 0;
    bench.onSleep = async () => {
      sleeps += 1;
      if (sleeps !== 3) return;
      const there = await bench.records.get(KEYS.transfer(ID));
      await bench.records.put(KEYS.transfer(ID), { ...record, rev: 2, status: 'planning' }, there?.version ?? 'absent');
    };
    const changed = await bench.get(`/v1/transfers/${ID}?waitSeconds=20`);
    expect([(await transferOf(changed)).status, sleeps, bench.time - NOW]).toEqual(['planning', 3, 3000]);
    const before = bench.time;
    await bench.get(`/v1/transfers/${ID}?waitSeconds=2`);
    expect(bench.time - before).toBe(2000);
    const ended = '01JZ8QH5X3M9V7T2B4N6K8R0CE';
    await bench.store(ended, { status: 'cancelled' });
    await bench.get(`/v1/transfers/${ended}?waitSeconds=20`);
    expect(bench.time - before).toBe(2000);
  });

  it.each(['waitSeconds=21', 'waitSeconds=-1', 'waitSeconds=x', 'wait=3'])('refuses ?%s', async (query) => {
    const bench = apiBench();
    await bench.store(ID);
    const answer = await bench.get(`/v1/transfers/${ID}?${query}`);
    const problem = await problemOf(answer);
    expect(problem).toMatchObject({ status: 400, code: 'InvalidOption', errors: [{ parameter: query.split('=')[0] }] });
  });

  it('ends a long poll when the service shuts down', async () => {
    const stopping = new AbortController();
    const bench = apiBench({ signal: stopping.signal });
    await bench.store(ID);
    bench.onSleep = () => stopping.abort();
    expect(await problemOf(await bench.get(`/v1/transfers/${ID}?waitSeconds=20`))).toMatchObject({
      status: 503,
      code: 'Interrupted',
    });
  });

  it('knows no other ids, whatever they hold', async () => {
    const bench = apiBench();
    await bench.store(ID, { status: 'failed', reason: { code: 'SubmitAbandoned', message: '' } });
    for (const id of [FIRST, ID, '..%2Fkeys%2Fx', 'x'.repeat(5000)]) {
      for (const answer of [await bench.get(`/v1/transfers/${id}`), await bench.post(`/v1/transfers/${id}/retry`)]) {
        expect(await problemOf(answer)).toMatchObject({ status: 404, code: 'TransferNotFound' });
      }
    }
  });
});

describe('GET /v1/transfers', () => {
  /** Ids in order of time, `n` days after 2026-01-01. */
  const idAt = (days: number) => `${ulidTime(Date.UTC(2026, 0, 1) + days * 86_400_000)}M9V7T2B4N6K8R0CD`;

  async function walk(bench: ReturnType<typeof apiBench>, query: string): Promise<readonly string[][]> {
    const pages: string[][] = [];
    for (let cursor: string | undefined = '', turns = 0; cursor !== undefined && turns < 200; turns += 1) {
      const page = await pageOf(await bench.get(`/v1/transfers?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`));
      pages.push(page.transfers.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    return pages;
  }

  it.each([1000, 3])(
    'goes through all of them once, newest first (with %d names on a page of the store)',
    async (pageSize) => {
      const bench = apiBench({}, memoryRecords({ pageSize }));
      bench.time = Date.UTC(2026, 2, 1);
      const ids = [0, 0.1, 0.2, 5, 5.001, 5.002, 5.003, 5.004, 40, 58.9].map(idAt);
      for (const id of ids) await bench.store(id);
      const pages = await walk(bench, 'limit=4');
      expect(pages.flat()).toEqual(ids.toReversed());
      expect(pages.every((page) => page.length <= 4)).toBe(true);
    },
  );

  it('filters by status, and leaves out what no reader could use', async () => {
    const bench = apiBench();
    await bench.store(idAt(1), { status: 'failed', reason: { code: 'SourceGone', message: '' } });
    await bench.store(idAt(2), { status: 'failed', reason: { code: 'SubmitAbandoned', message: '' } });
    await bench.store(idAt(3));
    expect(await walk(bench, 'status=failed')).toEqual([[idAt(1)]]);
    expect((await walk(bench, 'limit=1')).flat()).toEqual([idAt(3), idAt(1)]);
  });

  it('makes a short page where a status is rare', async () => {
    const bench = apiBench();
    for (let number = 0; number < 450; number += 1)
      await bench.store(idAt(number / 10), number === 3 ? { status: 'cancelled' } : {});
    const pages = await walk(bench, 'status=cancelled');
    expect(pages).toEqual([[], [], [idAt(0.3)]]);
  });

  it.each(['limit=0', 'limit=101', 'status=done', 'cursor=abc', 'page=2'])('refuses ?%s', async (query) => {
    expect(await problemOf(await apiBench().get(`/v1/transfers?${query}`))).toMatchObject({
      status: 400,
      code: 'InvalidOption',
    });
  });
});

describe('cancel and retry', () => {
  it('cancels at once, tells the finalizer to clean up, and refuses a second time', async () => {
    const bench = apiBench();
    await bench.store(ID, transferring());
    const answer = await bench.post(`/v1/transfers/${ID}/cancel`);
    expect([answer.status, (await transferOf(answer)).status]).toEqual([202, 'cancelled']);
    expect(bench.waitingTicks()).toBe(1);
    expect(await problemOf(await bench.post(`/v1/transfers/${ID}/cancel`))).toMatchObject({
      status: 409,
      code: 'TransferEnded',
    });
    expect(await problemOf(await bench.post(`/v1/transfers/${FIRST}/cancel`))).toMatchObject({
      status: 404,
      code: 'TransferNotFound',
    });
  });

  it('says during the completion that it is about to end', async () => {
    const bench = apiBench();
    await bench.store(ID, transferring({ status: 'finalizing' }));
    const answer = await bench.post(`/v1/transfers/${ID}/cancel`);
    expect(await transferOf(answer)).toMatchObject({ status: 'finalizing', ending: 'cancelled' });
  });

  it('retries a failed one, with or without its source given again', async () => {
    const asked: string[] = [];
    const bench = apiBench({ checkSource: (url) => void asked.push(url) });
    const failed = { status: 'failed', reason: { code: 'SourceForbidden', message: '' } } as const;
    await bench.store(ID, failed);
    const plain = await bench.post(`/v1/transfers/${ID}/retry`);
    expect([plain.status, plain.headers.get('location')]).toEqual([202, `/v1/transfers/${ID}`]);
    expect(await transferOf(plain)).toMatchObject({ status: 'accepted', run: 2 });
    await bench.store(FIRST, failed);
    const again = await bench.post(`/v1/transfers/${FIRST}/retry`, {
      source: { url: 'https://origin.example/f?sig=2' },
    });
    expect(again.status).toBe(202);
    expect(asked).toEqual(['https://origin.example/f?sig=2']);
    expect(await bench.ports.secrets.unseal(FIRST, 2)).toEqual({ url: 'https://origin.example/f?sig=2' });
    expect(bench.waitingPlans()).toBe(2);
  });

  it.each([
    ['', { 'content-type': 'application/json' }],
    [undefined, { 'content-type': 'application/json; charset=utf-8' }],
    ['', {}],
    ['{}', { 'content-type': 'application/json' }],
  ])('retries with a body of %j and the headers %j, which give no source again', async (body, headers) => {
    const bench = apiBench();
    await bench.store(ID, { status: 'failed', reason: { code: 'SourceForbidden', message: '' } });
    const answer = await bench.app.request(`/v1/transfers/${ID}/retry`, {
      method: 'POST',
      headers: headers as Record<string, string>,
      ...(body === undefined ? {} : { body }),
    });
    expect([answer.status, (await transferOf(answer)).run]).toEqual([202, 2]);
  });

  it('refuses to retry what has not failed, and a source that is none', async () => {
    const bench = apiBench();
    await bench.store(ID, transferring());
    expect(await problemOf(await bench.post(`/v1/transfers/${ID}/retry`))).toMatchObject({
      status: 409,
      code: 'TransferRunning',
    });
    await bench.store(FIRST, { ...accepted(), status: 'completed' });
    expect(await problemOf(await bench.post(`/v1/transfers/${FIRST}/retry`))).toMatchObject({
      status: 409,
      code: 'TransferEnded',
    });
    expect(await problemOf(await bench.post(`/v1/transfers/${FIRST}/retry`, { sauce: {} }))).toMatchObject({
      status: 400,
      errors: [{ pointer: '#/sauce' }],
    });
  });
});

describe('the rest', () => {
  it('tells its health and version', async () => {
    const answer = await apiBench().get('/v1/health');
    expect(await transferOf(answer)).toEqual({ status: 'ok', version: '1.2.3' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('answers unknown paths and methods in its own words', async () => {
    const bench = apiBench();
    for (const answer of [
      await bench.get('/v1/nothing'),
      await bench.app.request('/v1/transfers', { method: 'DELETE' }),
      await bench.get('/'),
    ]) {
      expect(await problemOf(answer)).toMatchObject({
        status: 404,
        code: 'RouteNotFound',
        instance: expect.stringMatching(/^\//),
      });
    }
  });

  it('tells a client nothing of a defect of ours, and the operator everything', async () => {
    const bench = apiBench({
      ownerOf() {
        throw new TypeError('secret detail');
      },
    });
    const problem = await problemOf(await bench.get('/v1/transfers'));
    expect(problem).toMatchObject({ status: 500, code: 'Internal' });
    expect(JSON.stringify(problem)).not.toContain('secret detail');
    expect(bench.failures[0]?.message).toContain('secret detail');
  });
});

function ulidTime(ms: number): string {
  let text = '';
  for (let rest = ms, place = 0; place < 10; place += 1, rest = Math.floor(rest / 32))
    text = `${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'[rest % 32]}${text}`;
  return text;
}
