import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deployApp } from './deploy.ts';
import { Pipeline, PREFIX } from './pipeline.ts';
import { cloud, here, MIB, origin, pipeline, SECRET, serve } from './suite.ts';
import { twoOwners } from './tenants.ts';

describe('the API', { concurrent: true }, () => {
  test('says that it is there, and describes itself', async () => {
    expect(await pipeline.call('GET', '/v1/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', version: expect.any(String) },
    });
    const { body } = await pipeline.call('GET', '/v1/openapi.json');
    expect(body).toMatchObject({
      openapi: expect.stringMatching(/^3\.1/),
      paths: { '/v1/transfers': expect.anything() },
    });
  });

  test.skipIf(process.env['STAND_IN'] === 'localstack')('knows nobody without a signature', async () => {
    expect([await pipeline.callUnsigned('/v1/health'), await pipeline.callUnsigned('/')]).toEqual([403, 403]);
  });

  test.runIf((process.env['STAND_IN'] ?? 'ministack') === 'ministack')(
    'with API keys: refuses whoever has none or another; two owners see nothing of each other, and have quotas of their own',
    twoOwners,
  );

  test.runIf((process.env['STAND_IN'] ?? 'ministack') === 'ministack')(
    'with an authorizer: refuses a caller without a token or with another; a transfer is its submitter’s, and no other may retry it',
    async () => {
      const app = join(import.meta.dirname, 'authorizer-app');
      const { target } = pipeline.buckets;
      const own = new Pipeline(cloud, await deployApp(cloud, app, 'PieceworkAuthorized', { bucket: target }));
      const asked = [{}, { authorization: 'let-him-in' }, { authorization: 'let-me-in' }].map((headers) =>
        own.callUnsigned('/v1/transfers', headers),
      );
      expect(await Promise.all(asked)).toEqual([401, 403, 200]);
      const answer = await fetch(`${own.base}/v1/transfers`, {
        method: 'POST',
        headers: { authorization: 'let-me-in', 'content-type': 'application/json' },
        body: JSON.stringify({
          // Nothing listens there; a name that leads nowhere would be refused at the submit.
          source: { url: 'http://127.0.0.1:9/x' },
          destination: { bucket: target, key: `${PREFIX}authorized` },
        }),
      });
      expect(answer.status).toBe(202);
      const { id } = (await answer.json()) as { id: string };
      expect(await own.record(id)).toMatchObject({ owner: 'somebody' });
      const as = async (authorization: string, method: string, path: string, body?: unknown) => {
        const said = await fetch(`${own.base}/v1/transfers/${id}${path}`, {
          method,
          headers: { authorization, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return { status: said.status, body: (await said.json()) as Record<string, unknown> };
      };
      while ((await as('let-me-in', 'GET', '?waitSeconds=10')).body['status'] !== 'failed');
      const other = { source: { url: `http://127.0.0.1:9/other?token=${SECRET}` } };
      const stolen = await as('let-ann-in', 'POST', '/retry', other);
      expect([stolen.status, stolen.body['code']]).toEqual([403, 'NotOwner']);
      expect((await as('let-ann-in', 'GET', '')).body).toMatchObject({ status: 'failed', run: 1, owner: 'somebody' });
      expect((await as('let-me-in', 'POST', '/retry', other)).body).toMatchObject({
        run: 2,
        actedBy: 'somebody',
        source: { url: 'http://127.0.0.1:9/other?token=***' },
      });
      const lines = await own.logOf('PieceworkAuthorized', 'Api');
      expect(lines).toContainEqual(
        expect.objectContaining({
          message: 'request',
          route: '/v1/transfers/{id}/retry',
          principal: 'ann',
          status: 403,
          code: 'NotOwner',
          transferId: id,
        }),
      );
      expect(JSON.stringify(lines)).not.toContain(SECRET);
      // Its right to send events is bound to their source: a refusal would be a line as well.
      expect(lines.map(({ message }) => message)).toEqual(expect.arrayContaining(['accepted', 'retried']));
      expect(lines.filter(({ failure }) => failure !== undefined)).toEqual([]);
    },
  );

  test('refuses what is wrong, each in its way', async () => {
    const destination = { bucket: pipeline.buckets.target, key: `${PREFIX}x` };
    const source = { url: 'https://example.com/x' };
    const post = async (body: unknown) => {
      const answer = await pipeline.call('POST', '/v1/transfers', body);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      return [answer.status, answer.body['code']];
    };
    expect(await post('{')).toEqual([400, 'InvalidOption']);
    expect(await post({ source })).toEqual([400, 'InvalidOption']);
    expect(await post({ source, destination, surprise: 1 })).toEqual([400, 'InvalidOption']);
    expect(await post({ source, destination: { bucket: 'elsewhere', key: 'x' } })).toEqual([422, 'InvalidDestination']);
    for (const url of ['gopher://example.com/x', 'file:///etc/passwd', 'http://10.0.0.1/x', 'http://0xa9fea9fe/'])
      expect(await post({ source: { url }, destination })).toEqual([422, 'GuardRefused']);
    expect(await post({ source: { ...source, headers: { Range: 'bytes=0-' } }, destination })).toEqual([
      400,
      'InvalidOption',
    ]);
    const long = { ...destination, key: PREFIX + 'ü'.repeat(511) };
    expect(await post({ source, destination: long })).toEqual([400, 'InvalidOption']);
    const huge = { expect: { sizeBytes: 60 * 1024 * 1024 * MIB } };
    expect(await post({ source, destination, options: huge })).toEqual([422, 'DestinationTooSmall']);
    expect(await post(`{"source":${'{"a":'.repeat(9)}1${'}'.repeat(10)}`)).toEqual([400, 'InvalidOption']);
    expect(await post({ source, destination, object: { metadata: { a: 'x'.repeat(70_000) } } })).toEqual([
      413,
      'RequestTooLarge',
    ]);
    const { body } = await pipeline.call('POST', '/v1/transfers', { source, destination: { bucket: 'a-b', key: 'x' } });
    expect(body['allowed']).toContain(`s3://${pipeline.buckets.target}/${PREFIX}`);
    expect((await pipeline.call('GET', '/v1/transfers/01ARZ3NDEKTSV4RRFFQ69G5FAV')).status).toBe(404);
  });

  test.runIf(here)('has the planner look at a source before a submit, and says what it would cost', async () => {
    const size = 40 * MIB;
    const request = {
      source: { url: `${serve('looked-at', size)}?token=${SECRET}` },
      destination: { bucket: pipeline.buckets.target, key: `${PREFIX}looked-at` },
    };
    const { status, body } = await pipeline.call('POST', '/v1/transfers?dryRun=true', request);
    expect([status, body]).toMatchObject([
      200,
      { snapshot: { sizeBytes: size, ranges: true }, plan: { mode: 'pieces' }, exists: false, cost: expect.anything() },
    ]);
    expect((body['cost'] as { dollars: number }).dollars).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toContain(SECRET);
    const missing = { ...request, source: { url: `${origin.base}/nowhere` } };
    const refused = await pipeline.call('POST', '/v1/transfers?dryRun=true', missing);
    expect([refused.status, refused.body['code']]).toEqual([422, 'SourceNotFound']);
  });

  test.runIf(here)('takes the same request twice as one, and another under the same key not at all', async () => {
    const body = {
      source: { url: serve('twice', 10) },
      destination: { bucket: pipeline.buckets.target, key: `${PREFIX}twice` },
    };
    const key = randomUUID();
    const post = (what: unknown) => pipeline.call('POST', '/v1/transfers', what, { 'idempotency-key': key });
    const [first, second] = [await post(body), await post(body)];
    expect([first.status, second.status, second.body['id']]).toEqual([202, 202, first.body['id']]);
    expect(first.headers.get('location')).toBe((first.body['links'] as { self: string }).self);
    expect((await post({ ...body, options: { parallelism: 3 } })).status).toBe(409);
    await pipeline.until(String(first.body['id']), 'completed');
  });
});
