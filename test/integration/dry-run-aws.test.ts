import { beforeEach, expect, test, vi } from 'vitest';
import type { DryRun } from '../../lib/api/schemas/dry-run.ts';
import { startAwsDoubles } from '../support/aws-doubles.ts';
import type { AwsFunctions } from '../support/aws-functions.ts';
import { openAwsFunctions } from '../support/aws-functions.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { sendResource } from '../support/origin-resource.ts';
import { stubVariables } from '../support/stub-variables.ts';

// A dry run of a deployment, on the handlers of its functions: the API has the planner look.

const MIB = 1024 ** 2;
const PLANNER = '/2015-03-31/functions/planner/invocations';

const aws = forAllTests(startAwsDoubles);
let functions: AwsFunctions;
let firstRequest: number;
let written: string;

beforeEach(async () => {
  stubVariables(aws().variables());
  written = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
  aws().services.refusals.clear();
  functions = await openAwsFunctions(aws().services);
  firstRequest = aws().services.requests.length;
});

async function dryRun(source: object, more: object = {}): Promise<{ status: number; headers: string; body: unknown }> {
  const body = { source, destination: { bucket: 'target', key: 'a.bin' }, ...more };
  const over = { queryStringParameters: { dryRun: 'true' }, multiValueQueryStringParameters: { dryRun: ['true'] } };
  const { status, text } = await functions.call('POST', '/v1/transfers', body, over);
  const [headers = '', answer = ''] = text.split('\n');
  return { status, headers, body: JSON.parse(answer) };
}

test('says what the source has, the plan and the dollars; nothing is stored, and its secrets are nowhere', async () => {
  aws().services.secrets.set('piecework/origin', 'the-token');
  const url = aws().origin.serve('/large.bin', async (request, response, logged) => {
    if (request.headers.authorization === 'Bearer the-token')
      return await sendResource({ size: 40 * MIB, etag: '"v1"' }, request, response, logged);
    response.writeHead(401).end();
  });
  const source = { url: `${url}?sig=URLSECRET`, auth: { kind: 'bearer', token: 'secret://piecework/origin' } };
  const { status, body } = await dryRun(source);
  expect(status, JSON.stringify(body)).toBe(200);
  const found = body as DryRun;
  expect(found).toMatchObject({
    source: { url: `${url}?sig=***`, withheld: true },
    snapshot: { sizeBytes: 40 * MIB, ranges: true, validator: { kind: 'strong', value: '"v1"' } },
    destination: { kind: 's3', bucket: 'target', key: 'a.bin' },
    exists: false,
    plan: { mode: 'pieces', sizeBytes: 40 * MIB },
    cost: { prices: { region: 'us-east-1' } },
    estimate: { seconds: expect.any(Number) },
  });
  expect(found.cost?.dollars).toBeGreaterThan(0);
  const requests = aws().services.requests.slice(firstRequest);
  // Only the place among the requests that wait.
  expect(requests.filter(({ action }) => action === 'PUT').map(({ path }) => path.replace(/\d+\.json.*/, ''))).toEqual(
    Array(2).fill(expect.stringMatching(/^\/records\/waits\/|^\/waits\//)),
  );
  expect(requests.filter(({ action }) => /SQS|Events/.test(action))).toEqual([]);
  expect(written).toContain('looked at a source');
  expect(written + JSON.stringify(body)).not.toMatch(/URLSECRET|the-token/);
  const isCall = ({ path }: { readonly path: string }) => path === PLANNER;
  expect(JSON.stringify(requests.filter((one) => !isCall(one)))).not.toMatch(/URLSECRET/);
  expect(requests.filter(isCall)).toHaveLength(1);
});

test('what would end the transfer is the answer, the guard’s refusal of a redirect included', async () => {
  const missing = await dryRun({ url: `${aws().origin.base}/missing?sig=URLSECRET` });
  expect([missing.status, missing.body]).toMatchObject([422, { code: 'SourceNotFound' }]);
  expect(JSON.stringify(missing.body)).not.toContain('URLSECRET');
  const inner = aws().origin.serve('/inner', (_, response) => {
    response.writeHead(302, { location: 'http://10.0.0.1/secrets' }).end();
  });
  expect(await dryRun({ url: inner })).toMatchObject({ status: 422, body: { code: 'GuardRefused' } });
  const options = { expect: { sizeBytes: 5 } };
  const small = aws().origin.serve('/small.bin', { size: 1000 });
  expect(await dryRun({ url: small }, { options })).toMatchObject({ status: 422, body: { code: 'UnexpectedSize' } });
});

test('a planner that is throttled is to be asked again; one that may not be called is the operator’s to mend', async () => {
  const url = aws().origin.serve('/small.bin', { size: 1000 });
  aws().services.refusals.set(PLANNER, 'TooManyRequestsException');
  const busy = await dryRun({ url });
  expect(busy).toMatchObject({ status: 503, body: { code: 'HomeUnavailable' } });
  expect(busy.headers).toContain('"retry-after":"5"');
  aws().services.refusals.set(PLANNER, 'AccessDeniedException');
  expect(await dryRun({ url })).toMatchObject({ status: 500, body: { code: 'HomeRefused' } });
  expect(written).toContain('lambda:InvokeFunction');
});

test('a planner that falls over is said to have, and the log has it', async () => {
  const url = aws().origin.serve('/small.bin', { size: 1000 });
  aws().services.onCall = async () => {
    throw new Error('it is gone');
  };
  expect(await dryRun({ url })).toMatchObject({ status: 503, body: { code: 'HomeUnavailable' } });
});
