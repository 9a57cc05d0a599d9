import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Context } from 'hono';
import { gatewayBasePath, gatewayOwner } from '../../../lib/api/gateway.ts';
import { apiBench, GOOD, ID } from '../../support/api-bench.ts';
import { mutated, mutatedJson } from '../inputs.ts';
import { subject } from '../subject.ts';

const WHOLE = {
  source: {
    url: 'https://origin.example/disk.iso?x=1',
    headers: { Accept: '*/*' },
    auth: { kind: 'basic', user: 'me', password: 'secret' },
  },
  destination: { bucket: 'bucket', key: 'in/disk.iso' },
  object: {
    contentType: 'text/plain',
    metadata: { colour: 'blue' },
    tags: { a: 'b' },
    storageClass: 'STANDARD_IA',
    encryption: { kind: 'kms', keyId: 'key-1' },
  },
  options: {
    parallelism: 8,
    pieceSizeBytes: 16 * 1024 ** 2,
    deadlineSeconds: 3600,
    maxFailures: 3,
    ifExists: 'fail',
    expect: { sizeBytes: 10, digests: { sha256: createHash('sha256').digest('hex') } },
  },
};
const WORDS = [
  'url',
  'headers',
  'auth',
  'kind',
  'options',
  'secretPath',
  'secret://x#y',
  's3://bucket/key',
  'in/../x',
  '10MiB',
];
const PATHS = [
  '/v1/transfers',
  `/v1/transfers/${ID}`,
  `/v1/transfers/${ID}/retry`,
  `/v1/transfers/${ID}/cancel`,
  `/v1/transfers/${ID}?pieces=true&waitSeconds=20`,
  '/v1/transfers?status=failed&limit=10&cursor=abc',
  '/v1/service',
  '/v1/health',
  '/v1/openapi.json',
];

export const API = [
  subject({
    name: 'api-requests',
    weight: 3,
    batch: 1000,
    inputs: fc.record({
      method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'),
      path: fc.oneof(fc.constantFrom(...PATHS), mutated(PATHS)),
      type: fc.oneof(
        { weight: 9, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: mutated(['application/json; charset=utf-8', 'text/plain']) },
      ),
      key: fc.option(mutated(['key-1'])),
      body: mutatedJson([GOOD, WHOLE, { source: GOOD.source }, {}], WORDS),
    }),
    begin() {
      const bench = apiBench();
      const reason = { code: 'SourceGone', message: 'gone' } as const;
      const stored = bench.store(ID, { status: 'failed', reason, announced: true });
      return async ({ method, path, type, key, body }) => {
        await stored;
        const url = URL.parse(path, 'https://api.example');
        const headers = headersOf({ 'content-type': type, ...(key === null ? {} : { 'idempotency-key': key }) });
        // None of these comes to us: a client can't send it.
        if (url === null || url.username !== '' || url.password !== '' || headers === undefined) return;
        const bodyless = method === 'GET' || method === 'HEAD';
        const answer = await bench.app.request(new Request(url, { method, headers, ...(bodyless ? {} : { body }) }));
        const text = await answer.text();
        const [failure] = bench.failures.splice(0);
        if (answer.status >= 500) throw new TypeError(`${answer.status} ${text.slice(0, 500)}`, { cause: failure });
      };
    },
  }),
  subject({
    name: 'api-gateway-events',
    inputs: mutatedJson(
      [
        {
          path: '/v1/transfers',
          requestContext: {
            path: '/prod/v1/transfers',
            identity: { userArn: 'arn:aws:sts::123456789012:assumed-role/Deploy/i-0abc', apiKeyId: 'k1' },
            authorizer: { principalId: 'p-1', claims: { sub: 'u-1' } },
          },
        },
      ],
      ['userArn', 'path', 'arn:aws:sts::1:assumed-role/', 'ü'],
    ).map((text) => textsOnly(parsed(text))),
    begin: () => (event) => {
      const context = { env: { event } } as unknown as Context;
      gatewayBasePath(context);
      const owner = gatewayOwner(context);
      if (owner !== undefined && !/^[\x21-\x7e]{1,128}$/.test(owner)) throw new TypeError(`the owner ${owner}`);
    },
  }),
];

function headersOf(values: Record<string, string>): Headers | undefined {
  try {
    return new Headers(values);
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** API Gateway writes the event: objects where they belong, and texts in them that callers and tokens chose. */
function textsOnly(event: unknown): unknown {
  const fields = (of: unknown) =>
    (typeof of === 'object' && of !== null && !Array.isArray(of) ? { ...of } : {}) as Record<string, unknown>;
  const texts = (of: unknown) =>
    Object.fromEntries(Object.entries(fields(of)).filter(([, value]) => typeof value === 'string'));
  const { requestContext, ...rest } = fields(event);
  const { identity, authorizer, ...context } = fields(requestContext);
  const { claims, ...principal } = fields(authorizer);
  return {
    ...texts(rest),
    requestContext: {
      ...texts(context),
      identity: texts(identity),
      authorizer: { ...texts(principal), claims: texts(claims) },
    },
  };
}
