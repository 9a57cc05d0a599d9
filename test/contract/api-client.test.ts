import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { createClient } from '../../lib/api/client/client.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { completed, transferring } from '../support/a-transfer.ts';
import { apiBench, GOOD, ID } from '../support/api-bench.ts';
import type { ServedApi } from '../support/serve-api.ts';
import { serveApi } from '../support/serve-api.ts';

const codeOf = async (promise: Promise<unknown>): Promise<ErrorCode> =>
  await promise.then(
    () => expect.fail('it should have been refused'),
    (error) => error.code,
  );

describe('the client, over HTTP', () => {
  it('does everything that the API does', async () => {
    const bench = apiBench({ basePathOf: () => '/prod' });
    await using served = await serveApi(bench.app);
    await using client = createClient({ url: `${served.url}/` });
    expect(await client.health()).toEqual({ status: 'ok', version: '1.2.3' });
    const submitted = await client.submit(GOOD);
    expect(submitted).toMatchObject({ status: 'accepted', destination: { kind: 's3', ...GOOD.destination } });
    await bench.store(ID, transferring());
    const page = await client.list({ limit: 1 });
    expect(page.transfers.map(({ id }) => id)).toEqual([ID]);
    const rest = await client.list({ status: 'accepted', cursor: page.nextCursor ?? '' });
    expect(rest.transfers.map(({ id }) => id)).toEqual([submitted.id]);
    const detail = await client.get(ID, { waitSeconds: 1 });
    expect(detail).toMatchObject({ status: 'transferring', pieces: { count: 10 } });
    expect((await client.cancel(submitted.id)).status).toBe('cancelled');
    await bench.store('01JZ8QH5X3M9V7T2B4N6K8R0CE', { status: 'failed', reason: { code: 'SourceGone', message: '' } });
    const retried = await client.retry('01JZ8QH5X3M9V7T2B4N6K8R0CE', {
      source: { url: 'https://origin.example/new?sig=1' },
    });
    expect(retried).toMatchObject({ status: 'accepted', run: 2 });
    expect(await bench.ports.secrets.unseal(retried.id, 2)).toEqual({ url: 'https://origin.example/new?sig=1' });
  });

  it('asks first, and for hosts, where the home can', async () => {
    const look = vi.fn().mockResolvedValue({
      finalUrl: 'https://origin.example/disk.iso',
      snapshot: { ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [] },
      destination: { kind: 's3', ...GOOD.destination },
      exists: false,
      plan: { mode: 'stream', pieceSizeBytes: 8 },
      warnings: [],
    });
    const dryRuns = { locate: () => ({ kind: 's3', ...GOOD.destination }), look };
    const bench = apiBench({
      dryRuns,
      hosts: async () => ({ hosts: [{ name: 'a', connections: { now: 1 }, errors: {} }] }),
    });
    await using served = await serveApi(bench.app);
    await using client = createClient({ url: served.url });
    expect(await client.dryRun(GOOD)).toMatchObject({ exists: false, plan: { mode: 'stream' } });
    expect((await client.list()).transfers).toEqual([]);
    expect((await client.hosts()).hosts).toEqual([{ name: 'a', connections: { now: 1 }, errors: {} }]);
    await using other = await serveApi(apiBench().app);
    await using deployment = createClient({ url: other.url });
    expect(await codeOf(deployment.dryRun(GOOD))).toBe('InvalidOption');
    expect(await codeOf(deployment.hosts())).toBe('RouteNotFound');
  });

  it('gives back the errors of the API with their codes and fields', async () => {
    const bench = apiBench();
    await using served = await serveApi(bench.app);
    await using client = createClient({ url: served.url });
    expect(await codeOf(client.get(ID))).toBe('TransferNotFound');
    await bench.store(ID, completed());
    expect(await codeOf(client.cancel(ID))).toBe('TransferEnded');
    expect(await codeOf(client.retry(ID))).toBe('TransferEnded');
    await expect(client.submit({ ...GOOD, destination: { bucket: 'other', key: 'k' } })).rejects.toMatchObject({
      code: 'InvalidDestination',
      details: { allowed: 's3://bucket/in/' },
    });
    await expect(client.submit({ ...GOOD, options: { parallelism: 0 } })).rejects.toMatchObject({
      code: 'InvalidOption',
      details: { errors: expect.stringContaining('#/options/parallelism: ') },
    });
    await client.submit(GOOD, { idempotencyKey: 'k' });
    const before = served.requests.length;
    expect(await codeOf(client.submit({ ...GOOD, options: { parallelism: 2 } }, { idempotencyKey: 'k' }))).toBe(
      'Conflict',
    );
    // A conflict does not pass by asking again.
    expect(served.requests.length).toBe(before + 1);
  });

  it.each<[number, string, ErrorCode]>([
    [403, '{"message":"Missing Authentication Token"}', 'NotAuthorized'],
    [403, '{"Message":"User: x is not authorized to perform: execute-api:Invoke"}', 'NotAuthorized'],
    [404, '<html>', 'RouteNotFound'],
    [413, '{"message":"Request Too Long"}', 'RequestTooLarge'],
    [418, '', 'RouteNotFound'],
    [200, '<html>', 'RouteNotFound'],
  ])("understands a gateway's own %d %s", async (status, body, code) => {
    await using served = await serveApi(apiBench().app);
    served.instead.push({ status, body });
    await using client = createClient({ url: served.url });
    expect(await codeOf(client.list())).toBe(code);
    expect(served.requests).toHaveLength(1);
  });

  it('does not pass on what a gateway quotes of a signature', async () => {
    await using served = await serveApi(apiBench().app);
    served.instead.push({
      status: 403,
      body: JSON.stringify({
        message:
          "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'GET x-amz-security-token:canary",
      }),
    });
    await using client = createClient({ url: served.url });
    const message = await client.list().catch((error) => String(error.message));
    expect(message).toContain('does not match');
    expect(message).not.toContain('canary');
  });

  it('submits once, however often the connection breaks', async () => {
    const bench = apiBench();
    await using served = await serveApi(bench.app);
    served.instead.push('cut', { status: 502, body: '' }, { status: 429, headers: { 'retry-after': '0' } });
    await using client = createClient({ url: served.url });
    const submitted = await client.submit(GOOD);
    expect(served.requests).toHaveLength(4);
    expect(new Set(served.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect((await bench.records.list('transfers/')).paths).toEqual([`transfers/${submitted.id}.json`]);
  });

  it('does not repeat a cancel whose answer was lost, and says that the API is out of reach', async () => {
    const bench = apiBench();
    await bench.store(ID);
    await using served = await serveApi(bench.app);
    served.instead.push('cut');
    await using client = createClient({ url: served.url });
    expect(await codeOf(client.cancel(ID))).toBe('ApiUnreachable');
    expect(served.requests).toHaveLength(1);
  });

  it('stops when it is told to', async () => {
    const stopping = new AbortController();
    const bench = apiBench();
    await bench.store(ID);
    bench.onSleep = async () => {
      stopping.abort();
      await new Promise((resolve) => setImmediate(resolve));
    };
    await using served = await serveApi(bench.app);
    await using client = createClient({ url: served.url });
    expect(await codeOf(client.get(ID, { waitSeconds: 20, signal: stopping.signal }))).toBe('Interrupted');
  });

  it.each(['ftp://host', 'host', 'https://user:pass@host', 'https://host/?key=1'])(
    'refuses %s as the URL of an API',
    (url) => {
      expect(() => createClient({ url })).toThrow(
        expect.objectContaining({ code: 'InvalidOption', message: expect.not.stringContaining('pass@') }),
      );
    },
  );
});

describe('who is asking', () => {
  it('sends an API key', async () => {
    await using served = await serveApi(apiBench().app);
    await using client = createClient({ url: served.url, auth: { kind: 'apiKey', key: 'k-1' } });
    await client.health();
    expect(served.requests[0]?.headers['x-api-key']).toBe('k-1');
  });

  it('signs as AWS documents it, body and query included', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token-1');
    await using served = await serveApi(apiBench().app);
    await using client = createClient({ url: served.url, auth: { kind: 'aws', region: 'eu-central-1' } });
    await client.submit(GOOD);
    await client.list({ limit: 2, status: 'accepted' });
    for (const request of served.requests)
      expect(request.headers['authorization']).toBe(expectedAuthorization(request));
    expect(served.requests[0]?.headers['x-amz-security-token']).toBe('token-1');
  });

  it('says what to do without credentials', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nonexistent');
    await using served = await serveApi(apiBench().app);
    await using client = createClient({ url: served.url, auth: { kind: 'aws', region: 'eu-central-1' } });
    expect(await codeOf(client.health())).toBe('NotAuthorized');
    expect(served.requests).toEqual([]);
  });
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, step by step. */
function expectedAuthorization({ method, url, headers, body }: ServedApi['requests'][number]): string {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const [, signed = ''] = /SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '') ?? [];
  expect(signed.split(';')).toEqual(expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token']));
  const [path = '', query = ''] = url.split('?');
  const lines = signed.split(';').map((name) => `${name}:${headers[name]}\n`);
  const canonical = [method, path, query.split('&').sort().join('&'), lines.join(''), signed, hash(body)].join('\n');
  const date = headers['x-amz-date'] ?? '';
  const scope = `${date.slice(0, 8)}/eu-central-1/execute-api/aws4_request`;
  const key = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), 'AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
}
