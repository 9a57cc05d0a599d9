import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ENV } from '../../lib/aws/names.ts';
import { startAwsDoubles } from '../support/aws-doubles.ts';
import type { AwsFunctions } from '../support/aws-functions.ts';
import { openAwsFunctions } from '../support/aws-functions.ts';
import { formsOf } from '../support/canary.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { stubVariables } from '../support/stub-variables.ts';
import type { Receiver } from '../support/webhook-receiver.ts';
import { startReceiver, WEBHOOK_PATH, WEBHOOK_SECRET } from '../support/webhook-receiver.ts';

/*
 * Notifications of a deployment, on the functions' own handlers: from the request to the webhook, or to the task of
 * Step Functions. Time goes by in jumps, from one delayed message to the next.
 */

const SIZE = 50_000;
const TOKEN = 'AQCEAAAAKgAAAAMAAAAAAAAAAs3cr3tTaskT0ken';

const NONE = { [ENV.notifications]: JSON.stringify({ webhooks: false, taskTokens: false }) };

const aws = forAllTests(startAwsDoubles);
let receiver: Receiver;
let functions: AwsFunctions;
let firstRequest = 0;
let skippedMs = 0;
let said: string[];

beforeAll(() => {
  aws().services.secrets.set('piecework/hook', WEBHOOK_SECRET);
  aws().origin.serve('/a.bin', { size: SIZE, etag: '"v1"' });
});

const realNow = Date.now;

async function open(answers: readonly number[] = [204], variables: Readonly<Record<string, string>> = {}) {
  receiver = await startReceiver(answers);
  stubVariables({ ...aws().variables(receiver.port), ...variables });
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + skippedMs);
  vi.resetModules();
  functions = await openAwsFunctions(aws().services);
  firstRequest = aws().services.requests.length;
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
  return receiver;
}

beforeEach(() => {
  aws().services.refusals.clear();
  said = [];
});

async function post(path: string, body: object): Promise<{ readonly status: number; readonly answer: Answer }> {
  const { status, text } = await functions.call('POST', path, body);
  said.push(text);
  return { status, answer: JSON.parse(text.slice(text.indexOf('\n'))) as Answer };
}

interface Answer {
  readonly id: string;
  readonly code?: string;
  readonly detail?: string;
  readonly notified?: unknown;
}

const submit = (more: object, url = `${aws().origin.base}/a.bin`) =>
  post('/v1/transfers', { source: { url }, destination: { bucket: 'target', key: 'out' }, ...more });

const run = () =>
  functions.run((ms) => {
    skippedMs += ms;
  });

const actions = (service: string) =>
  aws()
    .services.requests.slice(firstRequest)
    .filter(({ action }) => action.startsWith(service));

/** Only `sealed/` may hold a secret. */
function expectNoSecret(): void {
  const sent = aws()
    .services.requests.slice(firstRequest)
    .filter(({ path, action }) => {
      const isItself = action.startsWith('AWSStepFunctions') || action.startsWith('secretsmanager');
      return !path.includes('/sealed/') && !isItself;
    });
  const all = [...said, ...sent.map(({ path, text }) => `${path}\n${text}`)].join('\n');
  for (const secret of [WEBHOOK_SECRET.slice(6), WEBHOOK_PATH, TOKEN])
    for (const form of formsOf(secret)) expect(all).not.toContain(form);
}

async function sealedHooks(id: string): Promise<readonly string[]> {
  const client = new S3Client({ ...aws().store, forcePathStyle: true });
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: 'records', Prefix: `sealed/hooks/${id}` }),
  );
  client.destroy();
  return Contents.map(({ Key = '' }) => Key);
}

test('the end of a transfer is posted, verified by the receiver, and then its hook is gone', async () => {
  await using to = await open();
  const { status, answer } = await submit({ notify: { url: to.url, secret: WEBHOOK_SECRET } });
  expect(status).toBe(202);
  expect(answer.notified).toEqual({ webhook: `http://127.0.0.1:${to.port}/***` });
  expect(await sealedHooks(answer.id)).toHaveLength(1);
  await run();
  expect(to.received).toHaveLength(1);
  const [first] = to.received;
  if (first === undefined) throw new Error('nothing came');
  expect(to.verified(first)).toMatchObject({
    type: 'piecework.transfer.completed',
    data: {
      transferId: answer.id,
      destination: 's3://target/out',
      sizeBytes: SIZE,
      owner: expect.stringMatching(/role/),
    },
  });
  expect(await sealedHooks(answer.id)).toEqual([]);
  expectNoSecret();
});

test('what is refused is tried again, hours later, by a secret that is looked up each time', async () => {
  await using to = await open([500, 503, 500, 500, 500, 500, 204]);
  const { answer } = await submit({ notify: { url: to.url, secret: 'secret://piecework/hook' } });
  const before = Date.now();
  await run();
  expect(to.received).toHaveLength(7);
  expect(Date.now() - before).toBeGreaterThan(100 * 60_000);
  expect(new Set(to.received.map(({ headers }) => headers['webhook-id']))).toEqual(
    new Set([`${answer.id}.1.completed`]),
  );
  expect(new Set(to.received.map(({ body }) => body)).size).toBe(1);
  expect(functions.deadNotifications).toEqual([]);
  expectNoSecret();
});

test('what is refused ten times is put aside, and the transfer’s end stays what it was', async () => {
  await using to = await open([500]);
  const { answer } = await submit({ notify: { url: to.url, secret: WEBHOOK_SECRET } });
  await run();
  expect(to.received).toHaveLength(10);
  expect(functions.deadNotifications).toEqual([expect.stringContaining(`"id":"${answer.id}"`)]);
  const { text } = await functions.call('GET', `/v1/transfers/${answer.id}`);
  expect(text).toContain('"status":"completed"');
  // For a person who sends it back.
  expect(await sealedHooks(answer.id)).toHaveLength(1);
  expectNoSecret();
});

test('a failed transfer keeps its webhook for the next run', async () => {
  await using to = await open();
  const url = `${aws().origin.base}/late.bin`;
  const { answer } = await submit({ notify: { url: to.url, secret: WEBHOOK_SECRET } }, url);
  await run();
  aws().origin.serve('/late.bin', { size: SIZE, etag: '"v1"' });
  expect((await post(`/v1/transfers/${answer.id}/retry`, { source: { url } })).status).toBe(202);
  await run();
  expect(to.received.map(({ headers }) => headers['webhook-id'])).toEqual([
    `${answer.id}.1.failed`,
    `${answer.id}.2.completed`,
  ]);
  expect(await sealedHooks(answer.id)).toEqual([]);
});

test('a batch has its end posted in each run, and its entries none of theirs', async () => {
  await using to = await open();
  const { status, answer } = await post('/v1/batches', {
    entries: [{ sources: [`${aws().origin.base}/a.bin`] }, { sources: [`${aws().origin.base}/rest.bin`] }],
    destination: { bucket: 'target', prefix: 'many/' },
    notify: { url: to.url, secret: WEBHOOK_SECRET },
  });
  expect(status).toBe(202);
  await run();
  expect(to.received).toHaveLength(1);
  const [first] = to.received;
  if (first === undefined) throw new Error('nothing came');
  expect(to.verified(first)).toMatchObject({
    type: 'piecework.batch.completed',
    data: { batchId: answer.id, counters: { done: 1, failed: 1 } },
  });
  aws().origin.serve('/rest.bin', { size: SIZE, etag: '"v1"' });
  expect((await post(`/v1/batches/${answer.id}/retry`, {})).status).toBe(202);
  await run();
  expect(to.received.map(({ headers }) => headers['webhook-id'])).toEqual([
    `${answer.id}.1.completed`,
    `${answer.id}.2.completed`,
  ]);
});

test('the deployment’s own webhook hears of what names none, though its host is not among those of sources', async () => {
  const hook = await startReceiver();
  const usual = { url: hook.url, secret: 'secret://piecework/hook' };
  await using _unused = await open([204], {
    [ENV.notifications]: JSON.stringify({ webhooks: false, taskTokens: false, usual }),
    [ENV.sources]: JSON.stringify({
      allowHosts: ['127.0.0.1'],
      denyHosts: [],
      privateHosts: ['127.0.0.1'],
      ports: [aws().origin.port, hook.port],
      schemes: ['http'],
      buckets: [],
    }),
  });
  await submit({});
  await run();
  expect(hook.received).toHaveLength(1);
  const refused = await submit({ notify: usual });
  expect(refused).toMatchObject({ status: 400, answer: { code: 'InvalidOption' } });
  await hook[Symbol.asyncDispose]();
});

test('a task that waits succeeds with the result, and fails with the code; its token is used up', async () => {
  await using _to = await open();
  const good = await submit({ taskToken: TOKEN });
  expect(good.answer.notified).toEqual({ taskToken: true });
  await run();
  const bad = await submit({ taskToken: TOKEN }, `${aws().origin.base}/none.bin`);
  await run();
  const [success, failure] = actions('AWSStepFunctions').map(({ action, text }) => ({
    action,
    body: JSON.parse(text.slice(text.indexOf('\n'))) as Record<string, string>,
  }));
  expect(success).toMatchObject({ action: 'AWSStepFunctions.SendTaskSuccess', body: { taskToken: TOKEN } });
  expect(JSON.parse(success?.body['output'] ?? '')).toMatchObject({
    transferId: good.answer.id,
    status: 'completed',
    sizeBytes: SIZE,
    destination: 's3://target/out',
  });
  expect(failure).toMatchObject({
    action: 'AWSStepFunctions.SendTaskFailure',
    body: { taskToken: TOKEN, error: 'SourceNotFound', cause: expect.stringContaining('404') },
  });
  expect([...(await sealedHooks(good.answer.id)), ...(await sealedHooks(bad.answer.id))]).toEqual([]);
  expectNoSecret();
});

test('a task that is over needs nothing; a service that fails is asked again', async () => {
  await using _to = await open();
  aws().services.refusals.set('AWSStepFunctions.SendTaskSuccess', 'TaskTimedOut');
  const over = await submit({ taskToken: TOKEN });
  await run();
  // The SDK may repeat a request by itself; we do not.
  expect(actions('AWSStepFunctions').length).toBeLessThanOrEqual(3);
  expect([functions.deadNotifications, await sealedHooks(over.answer.id)]).toEqual([[], []]);
  aws().services.refusals.set('AWSStepFunctions.SendTaskSuccess', 'AccessDeniedException');
  await submit({ taskToken: TOKEN });
  await run();
  expect(actions('AWSStepFunctions').length).toBeGreaterThanOrEqual(11);
  expect(functions.deadNotifications).toHaveLength(1);
  expectNoSecret();
});

test.each<readonly [string, () => object, Readonly<Record<string, string>>]>([
  ['a private address', () => ({ notify: { url: 'http://10.1.2.3/hook', secret: WEBHOOK_SECRET } }), {}],
  ['the metadata service', () => ({ notify: { url: 'http://169.254.169.254/x', secret: WEBHOOK_SECRET } }), {}],
  ['a port of another service', () => ({ notify: { url: 'http://127.0.0.1:22/x', secret: WEBHOOK_SECRET } }), {}],
  ['a secret of others', () => ({ notify: { url: receiver.url, secret: 'secret://billing/key' } }), {}],
  ['no secret of webhooks', () => ({ notify: { url: receiver.url, secret: 'topkey' } }), {}],
  ['a webhook where none may be', () => ({ notify: { url: receiver.url, secret: WEBHOOK_SECRET } }), NONE],
  ['a token where none may be', () => ({ taskToken: TOKEN }), NONE],
])('%s is refused at the submit', async (_, more, variables) => {
  await using to = await open([204], variables);
  const { status, answer } = await submit(more());
  expect([status, ['GuardRefused', 'SecretMissing', 'InvalidOption'].includes(answer.code ?? '')]).toEqual([
    expect.toSatisfy((given: number) => given === 400 || given === 422),
    true,
  ]);
  expect(answer.detail).not.toContain('topkey');
  await run();
  expect(to.received).toEqual([]);
  expectNoSecret();
});
