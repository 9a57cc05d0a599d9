import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { AwsFunctions } from '../support/aws-functions.ts';
import { openAwsFunctions, variablesOf } from '../support/aws-functions.ts';
import type { AwsServiceDouble } from '../support/aws-service-double.ts';
import { startAwsServices } from '../support/aws-service-double.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// The API's own handler: one line for each request, whatever becomes of it, and no secret in any.

const CANARY = 'c4nary-Zq7wXr2LmT';
const PRINCIPAL = 'arn:aws:iam::000000000000:role/somebody';
const DESTINATION = { bucket: 'target', key: 'out' };

let store: S3Double;
let services: AwsServiceDouble;
let functions: AwsFunctions;
let said: string;

beforeAll(async () => {
  store = await startS3Double();
  services = await startAwsServices(store.endpoint);
  for (const bucket of ['records', 'target']) store.makeBucket(bucket);
});

afterAll(async () => {
  await services[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  for (const [name, value] of Object.entries(variablesOf(services.endpoint, [9]))) vi.stubEnv(name, value);
  functions = await openAwsFunctions(services);
  said = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  }
});

function lines(): readonly Record<string, unknown>[] {
  return said
    .split('\n')
    .filter((line) => line.includes('"request"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('six that are refused leave six lines', async () => {
  const submit = (source: object, destination: object = DESTINATION) =>
    functions.call('POST', '/v1/transfers', { source, destination });
  await submit({ url: `http://169.254.169.254/latest?t=${CANARY}`, headers: { cookie: CANARY } });
  await submit({ url: `http://127.0.0.1:9/${CANARY}` }, { bucket: 'other', key: CANARY });
  await functions.call('GET', `/v1/transfers?token=${CANARY}`, undefined, {
    queryStringParameters: { token: CANARY },
    headers: { authorization: CANARY, 'x-api-key': CANARY },
    requestContext: { identity: { userArn: null, apiKey: CANARY } },
  });
  await functions.call('POST', '/v1/transfers', undefined, { body: `{"url": "${CANARY}` });
  await functions.call('GET', `/v1/${CANARY}`);
  await functions.call('GET', `/v1/transfers/${CANARY}`);
  const common = { level: 'WARN', message: 'request', service: 'piecework-api', durationMs: expect.any(Number) };
  const asked = { ...common, principal: PRINCIPAL, requestId: 'r-1' };
  expect(lines()).toMatchObject([
    { ...asked, route: '/v1/transfers', status: 422, code: 'GuardRefused' },
    { ...asked, route: '/v1/transfers', status: 422, code: 'InvalidDestination' },
    { ...common, route: '/v1/transfers', status: 403, code: 'NotAuthorized' },
    { ...asked, route: '/v1/transfers', status: 400, code: 'InvalidOption' },
    { ...asked, route: 'none', status: 404, code: 'RouteNotFound' },
    { ...asked, route: '/v1/transfers/{id}', status: 404, code: 'TransferNotFound' },
  ]);
  expect(said).not.toContain(CANARY);
});

test('what is done leaves one as well, and so does a failure of ours', async () => {
  const { text } = await functions.call('POST', '/v1/transfers', {
    source: { url: `http://127.0.0.1:9/f?sig=${CANARY}` },
    destination: DESTINATION,
  });
  const { id } = JSON.parse(text.slice(text.indexOf('\n'))) as { id: string };
  const client = new S3Client({ ...store, forcePathStyle: true });
  const damaged = { Bucket: 'records', Key: `transfers/${id}.json`, Body: `{"v":1,"url":"${CANARY}` };
  await client.send(new PutObjectCommand(damaged));
  client.destroy();
  await functions.call('POST', `/v1/transfers/${id}/cancel`);
  expect(lines()).toMatchObject([
    { level: 'INFO', route: '/v1/transfers', status: 202, transferId: id, principal: PRINCIPAL },
    {
      level: 'ERROR',
      route: '/v1/transfers/{id}/cancel',
      status: 500,
      code: 'RecordCorrupt',
      transferId: id,
      failure: { code: 'RecordCorrupt' },
    },
  ]);
  expect(said).not.toContain(CANARY);
});

test('a GET with a body is read without it, and what is no request at all is in the trail', async () => {
  const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(await functions.call('GET', '/v1/health', { secret: CANARY })).toMatchObject({ status: 200 });
  expect(await functions.call('TRACE', `/v1/${CANARY}`)).toMatchObject({ status: 400 });
  expect(lines()).toMatchObject([
    { level: 'INFO', route: '/v1/health', status: 200 },
    { level: 'WARN', method: 'OTHER', route: 'none', status: 400, principal: PRINCIPAL, requestId: 'r-1' },
  ]);
  expect(`${said} ${String(errors.mock.calls)}`).not.toContain(CANARY);
});
