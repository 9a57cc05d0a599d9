import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { transferEventDetail } from '../../lib/events/eventbridge/schema.ts';
import { testContext } from '../support/cli-context.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { bootstrap, deploy, deployApp, destroy } from './deploy.ts';
import { blackHole, faulty } from './faults.ts';
import type { OtherSources } from './other-sources.ts';
import { OTHER_BYTES, OTHER_SCHEMES, SOURCE_BUCKET, startOtherSources } from './other-sources.ts';
import { peerOf } from './peer.ts';
import { apiKeyValue, bucketsOf, clientOf, Pipeline, PREFIX } from './pipeline.ts';
import type { Cloud } from './stand-in.ts';
import { startCloud } from './stand-in.ts';

const MIB = 1024 ** 2;
const STACK = 'PieceworkE2e';
const SECRET = 'a-token-that-must-never-be-seen';

/** The suite's sources are on this machine, which stand-ins reach and AWS does not. */
const here = (process.env['STAND_IN'] ?? 'ministack') !== 'aws';

let cloud: Cloud;
let origin: Origin;
let pipeline: Pipeline;
let context: Record<string, string>;
let eventsQueueUrl: string;
let others: OtherSources;

beforeAll(async () => {
  cloud = await startCloud();
  origin = await startOrigin();
  others = await startOtherSources(cloud, SECRET);
  const buckets = bucketsOf(cloud);
  context = {
    destinations: `s3://${buckets.target}/${PREFIX},s3://${buckets.denied}/,s3://${buckets.missing}/`,
    standIn: 'true',
    ports: ['80', '443', origin.port, ...others.ports].join(','),
    sourceBuckets: SOURCE_BUCKET,
    privateHosts: '127.0.0.1',
  };
  await bootstrap(cloud);
  pipeline = new Pipeline(cloud, await deploy(cloud, STACK, context));
  await prepare(buckets);
}, 600_000);

afterAll(async () => {
  if (cloud?.kind === 'aws') await destroy(cloud, STACK, context);
  await origin?.[Symbol.asyncDispose]();
  await others?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
}, 600_000);

/** Buckets to write to, one of which refuses, and a queue that hears the events. */
async function prepare(buckets: ReturnType<typeof bucketsOf>): Promise<void> {
  for (const Bucket of [buckets.target, buckets.denied]) await pipeline.s3.send(new CreateBucketCommand({ Bucket }));
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${buckets.denied}/*`,
  };
  await pipeline.s3.send(
    new PutBucketPolicyCommand({
      Bucket: buckets.denied,
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
  const { QueueUrl = '' } = await pipeline.sqs.send(new CreateQueueCommand({ QueueName: `${STACK}-events` }));
  eventsQueueUrl = QueueUrl;
  const { Attributes } = await pipeline.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const Arn = Attributes?.QueueArn ?? '';
  const allow = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: Arn,
  };
  await pipeline.sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl,
      Attributes: { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [allow] }) },
    }),
  );
  const events = new EventBridgeClient(clientOf(cloud));
  await events.send(
    new PutRuleCommand({ Name: `${STACK}-all`, EventPattern: JSON.stringify({ source: ['piecework'] }) }),
  );
  await events.send(new PutTargetsCommand({ Rule: `${STACK}-all`, Targets: [{ Id: 'queue', Arn }] }));
}

const serve = (name: string, size: number, seed?: number) =>
  origin.serve(`/${name}`, { size, ...(seed === undefined ? {} : { seed }) });

describe.runIf(here)('transfers, all at the same time', { concurrent: true }, () => {
  test.each([0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 64 * MIB])(
    '%i bytes arrive whole, with the CRC of the whole object',
    async (size) => {
      const id = await pipeline.submit(serve(`size-${size}`, size), `size-${size}`);
      const done = await pipeline.until(id, 'completed');
      expect(done['result']).toMatchObject({ sizeBytes: size, version: 'validator' });
      await pipeline.prove(`size-${size}`, size);
    },
  );

  test('200 MiB arrive whole from a source that fails, through a fetcher that dies, with messages that come twice', async () => {
    const size = 200 * MIB;
    const hole = blackHole();
    const url = origin.serve(
      '/trouble',
      faulty({ size, seed: 7 }, (request) => {
        // The first is the probe.
        switch (request) {
          case 2:
            return { refuse: { times: 1, status: 500 } };
          case 3:
            return { resetAfterBytes: 3 * MIB };
          case 4:
            return hole.handler;
          case 5:
            return { excessBytes: -1000 };
          case 6:
            return { refuse: { times: 1, status: 502 } };
          case 7:
            return { refuse: { times: 1, status: 503, headers: { 'retry-after': '1' } } };
          case 8:
            return {
              shiftRange: ({ start, end }) => ({ start: start + 1, end: end + 1 }),
              contentRange: ({ start, end }, total) => `bytes ${start + 1}-${end}/${total}`,
            };
          default:
            return undefined;
        }
      }),
    );
    const id = await pipeline.submit(`${url}?token=${SECRET}`, 'trouble');
    const { socket } = await hole.taken;
    // In a container it is out of sight; then only its connection breaks.
    const worker = cloud.kind === 'ministack' ? await peerOf(socket) : await peerOf(socket).catch(() => undefined);
    if (worker !== undefined) process.kill(worker, 'SIGKILL');
    socket.destroy();
    const { planId } = await pipeline.record(id);
    expect(planId).toEqual(expect.any(String));
    for (const pieceNumber of [1, 2, 3, 3])
      await pipeline.send('Pieces', { kind: 'piece', v: 1, transferId: id, planId, pieceNumber, attempt: 1 });
    for (const kind of ['plan', 'finish']) await pipeline.send('Plans', { kind, v: 1, transferId: id });
    await pipeline.send('Results', { kind: 'tick', v: 1, transferId: id });
    await pipeline.until(id, 'completed');
    await pipeline.prove('trouble', size, 7);
  });

  test('thirty at once', async () => {
    const sizes = Array.from({ length: 30 }, (_, index) => (index % 5 === 0 ? 18 * MIB + index : 300_000 + index));
    const ids = await Promise.all(
      sizes.map((size, index) => pipeline.submit(serve(`many-${index}`, size, index + 20), `many-${index}`)),
    );
    expect(new Set(ids).size).toBe(30);
    for (const id of ids) await pipeline.until(id, 'completed');
    for (const [index, size] of sizes.entries()) await pipeline.prove(`many-${index}`, size, index + 20);
  });

  test('a redeploy in the middle loses nothing', async () => {
    const size = 48 * MIB;
    const url = origin.serve('/redeployed', { size, seed: 3, bytesPerSecond: 500_000 });
    const id = await pipeline.submit(url, 'redeployed');
    await pipeline.until(id, 'transferring');
    await deploy(cloud, STACK, { ...context, privateHosts: '127.0.0.1,127.0.0.2' });
    await pipeline.until(id, 'completed');
    await pipeline.prove('redeployed', size, 3);
  });

  test.each(OTHER_SCHEMES)(
    '%s: a file arrives in pieces, its credentials known to planner and fetcher alone',
    async (scheme) => {
      const id = await pipeline.submit(await others.locate(scheme), `over-${scheme}`, {
        parallelism: 3,
        pieceSizeBytes: 5 * MIB,
      });
      const done = await pipeline.until(id, 'completed');
      expect(done).toMatchObject({ result: { sizeBytes: OTHER_BYTES }, plan: { mode: 'pieces' } });
      await pipeline.prove(`over-${scheme}`, OTHER_BYTES);
      expect(JSON.stringify([done, await pipeline.record(id)])).not.toContain(SECRET);
    },
  );

  test('an object in a source bucket is copied by S3 itself; one beside it, and a record, by nobody', async () => {
    const { open, closed } = await others.objects();
    const always = { serverSideCopy: 'always', pieceSizeBytes: 5 * MIB };
    const copied = await pipeline.submit({ url: open }, 'copied', always);
    const done = await pipeline.until(copied, 'completed');
    expect(done).toMatchObject({ result: { sizeBytes: OTHER_BYTES }, plan: { mode: 'pieces', serverSideCopy: true } });
    await pipeline.prove('copied', OTHER_BYTES);

    // Planner and fetcher may read it for themselves.
    const record = `s3://${pipeline.output('RecordsBucket')}/transfers/${copied}.json`;
    for (const url of [closed, record]) {
      const request = { source: { url }, destination: { bucket: pipeline.buckets.target, key: `${PREFIX}stolen` } };
      const { status, body } = await pipeline.call('POST', '/v1/transfers', request, {
        'idempotency-key': randomUUID(),
      });
      expect([status, body['code']]).toEqual([400, 'InvalidOption']);
      expect(body['detail']).toContain(`lends its own to sources under ${SOURCE_BUCKET} alone`);
      const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = cloud.env;
      const own = { url, auth: { kind: 'aws', accessKeyId, secretAccessKey } };
      const failed = await pipeline.until(await pipeline.submit(own, 'stolen', always), 'failed');
      expect(failed).toMatchObject({ reason: { code: 'ServerSideCopyRefused' } });
      expect(JSON.stringify(failed['reason'])).toContain(
        `is not in a bucket that this deployment copies from: ${SOURCE_BUCKET}`,
      );
    }
    expect(await pipeline.exists('stolen')).toBe(false);
  });

  test.each(['ftp', 'sftp'] as const)(
    '%s: wrong credentials are refused by the server, and said without them',
    async (scheme) => {
      const wrong = await others.locate(scheme, `${SECRET}-wrong`);
      const failed = await pipeline.until(await pipeline.submit(wrong, `never-${scheme}`), 'failed');
      expect(failed).toMatchObject({ reason: { code: expect.stringMatching(/^Source(Unauthorized|Forbidden)$/) } });
      expect(JSON.stringify(failed)).not.toContain(SECRET);
    },
  );

  test('a cancel in the middle is final at once, and no object appears', async () => {
    const id = await pipeline.submit(
      origin.serve('/cancelled', { size: 40 * MIB, bytesPerSecond: 200_000 }),
      'cancelled',
    );
    await pipeline.until(id, 'transferring');
    const { status, body } = await pipeline.call('POST', `/v1/transfers/${id}/cancel`);
    expect([status, body['status']]).toEqual([202, 'cancelled']);
    expect((await pipeline.call('POST', `/v1/transfers/${id}/cancel`)).status).toBe(409);
    expect(await pipeline.exists('cancelled')).toBe(false);
  });

  test('a retry after a failure fetches only what is missing', async () => {
    const size = 96 * MIB;
    let isBroken = true;
    const requests: number[] = [];
    const url = origin.serve(
      '/retried',
      faulty({ size, seed: 5 }, (request, start) => {
        if (request > 1) requests.push(start);
        return isBroken && start > size / 2 ? { refuse: { times: 1, status: 404 } } : undefined;
      }),
    );
    const id = await pipeline.submit(`${url}?token=${SECRET}`, 'retried', { parallelism: 2 });
    const failed = await pipeline.until(id, 'failed');
    expect(failed).toMatchObject({
      reason: { code: 'SourceNotFound', details: { sourceStatus: 404 } },
      heldUntil: expect.any(String),
    });
    isBroken = false;
    const before = requests.length;
    expect((await pipeline.call('POST', `/v1/transfers/${id}/retry`)).status).toBe(202);
    const done = await pipeline.until(id, 'completed');
    expect(done).toMatchObject({ run: 2, plan: { pieceCount: expect.any(Number) } });
    const again = requests.slice(before).filter((start) => start === 0).length;
    // 0 is the probe of the second run, and of no piece.
    expect(again).toBe(1);
    await pipeline.prove('retried', size, 5);
  });

  test('a dead letter of a piece is one failure of it: it is sent again, from scratch', async () => {
    const size = 40 * MIB;
    const hole = blackHole();
    const url = origin.serve(
      '/dead',
      faulty({ size, seed: 9 }, (request) => (request === 2 ? hole.handler : undefined)),
    );
    const id = await pipeline.submit(url, 'dead', { parallelism: 1 });
    const { socket } = await hole.taken;
    const { planId } = await pipeline.record(id);
    expect(planId).toEqual(expect.any(String));
    await pipeline.send('PiecesDead', { kind: 'piece', v: 1, transferId: id, planId, pieceNumber: 1, attempt: 1 });
    let record = await pipeline.record(id);
    while (record['status'] === 'transferring' && Object.keys(record['trouble'] as object).length === 0)
      record = await pipeline.record(id);
    expect(record['trouble']).toMatchObject({ 1: { attempt: 2, failures: 1, code: 'WorkerDied' } });
    await pipeline.until(id, 'completed');
    socket.destroy();
    await pipeline.prove('dead', size, 9);
  });

  test('a source without ranges goes through one connection', async () => {
    const size = 20 * MIB;
    const id = await pipeline.submit(
      origin.serve('/stream', { size, seed: 4, ignoreRange: true, chunked: true }),
      'stream',
    );
    expect(await pipeline.until(id, 'completed')).toMatchObject({
      plan: { mode: expect.stringMatching(/stream|single/) },
    });
    await pipeline.prove('stream', size, 4);
  });

  test('a digest is proved before the object is there, and a wrong one keeps it away', async () => {
    const size = 20 * MIB;
    const url = serve('digest', size, 6);
    const wrong = await pipeline.submit(url, 'digest-wrong', { expect: { digests: { sha256: '0'.repeat(64) } } });
    expect(await pipeline.until(wrong, 'failed')).toMatchObject({ reason: { code: 'DigestMismatch' } });
    expect(await pipeline.exists('digest-wrong')).toBe(false);
  });

  test('a bucket that is missing, and one that refuses: the transfer fails at planning, and says what is missing', async () => {
    const url = serve('homeless', 20 * MIB);
    const submit = async (bucket: string) => {
      const { status, body } = await pipeline.call('POST', '/v1/transfers', {
        source: { url },
        destination: { bucket, key: 'x' },
      });
      expect(status).toBe(202);
      return await pipeline.until(String(body['id']), 'failed');
    };
    expect(await submit(pipeline.buckets.missing)).toMatchObject({ reason: { code: 'DestinationMissing' } });
    if (cloud.kind === 'localstack') return;
    expect(await submit(pipeline.buckets.denied)).toMatchObject({
      reason: { code: 'DestinationDenied', message: expect.stringContaining('s3:PutObject') },
    });
  });

  test('what a source may not be is refused at the submit, or where a redirect leads there', async () => {
    const refused = await pipeline.call('POST', '/v1/transfers', {
      source: { url: 'http://169.254.169.254/latest/meta-data/' },
      destination: { bucket: pipeline.buckets.target, key: `${PREFIX}meta` },
    });
    expect([refused.status, refused.body['code']]).toEqual([422, 'GuardRefused']);
    const url = origin.serve(
      '/redirects',
      (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    );
    expect(await pipeline.until(await pipeline.submit(url, 'redirected'), 'failed')).toMatchObject({
      reason: { code: 'GuardRefused' },
    });
  });

  // LocalStack answers a conditional DeleteObject with 501.
  test.skipIf(process.env['STAND_IN'] === 'localstack')(
    'a record that is none is set aside by the tick, and so is what was known of a host; everything else goes on',
    async () => {
      const id = '01ARZ3NDEKTSV4RRFFQ69G5DAM';
      const Bucket = pipeline.output('RecordsBucket');
      const damage = (Key: string) => pipeline.s3.send(new PutObjectCommand({ Bucket, Key, Body: '{"v":1,"val' }));
      await damage(`transfers/${id}.json`);
      await pipeline.send('Results', { kind: 'tick', v: 1, transferId: id });
      await pipeline.until(await pipeline.submit(serve('before-damage', 20 * MIB, 8), 'before-damage'), 'completed');
      // All of them: of the hosts of the other tests' sources too, which must not mind either.
      const { Contents: hosts = [] } = await pipeline.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'hosts/' }));
      expect(hosts).not.toHaveLength(0);
      for (const { Key = '' } of hosts) await damage(Key);
      await pipeline.until(await pipeline.submit(serve('after-damage', 40 * MIB, 8), 'after-damage'), 'completed');
      const names = async (Prefix: string) =>
        (await pipeline.s3.send(new ListObjectsV2Command({ Bucket, Prefix }))).Contents?.map(({ Key = '' }) => Key) ??
        [];
      let aside = await names(`corrupt/transfers/${id}`);
      while (aside.length === 0 || (await names(`transfers/${id}`)).length > 0) {
        await sleep(200);
        aside = await names(`corrupt/transfers/${id}`);
      }
      expect(aside[0]).toMatch(/^corrupt\/transfers\/01ARZ3NDEKTSV4RRFFQ69G5DAM\.json\.\d{8}T\d{6}Z$/);
      expect((await pipeline.call('GET', `/v1/transfers/${id}`)).status).toBe(404);
      // Two finalizers that meet it at the same moment keep it twice.
      expect((await names('corrupt/hosts/')).length).toBeGreaterThan(0);
    },
  );
});

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
    'with an API key: refuses whoever has none or another, and answers the command line that has it',
    async () => {
      const keyed = new Pipeline(cloud, await deploy(cloud, `${STACK}Keyed`, { ...context, auth: 'apiKey' }));
      const [, keyId = ''] = Object.entries(keyed.outputs).find(([name]) => name.startsWith('ApiKeyId')) ?? [];
      const key = await apiKeyValue(cloud, keyId);
      const asked = [{}, { 'x-api-key': `${key}x` }, { 'x-api-key': key }].map((headers) =>
        keyed.callUnsigned('/v1/transfers', headers),
      );
      expect(await Promise.all(asked)).toEqual([403, 403, 200]);
      const list = async (environment: Record<string, string>) => {
        const shell = testContext({ environment });
        return [await run(['list', '--json', '--api', keyed.base], shell), JSON.parse(shell.stdout.text)];
      };
      expect(await list({ PIECEWORK_API_KEY: key })).toEqual([0, { type: 'result', home: keyed.base, transfers: [] }]);
      expect(await list({ PIECEWORK_API_KEY: `${key}x` })).toEqual([
        2,
        expect.objectContaining({ type: 'error', code: 'NotAuthorized' }),
      ]);
    },
  );

  test.runIf((process.env['STAND_IN'] ?? 'ministack') === 'ministack')(
    'with an authorizer: refuses whoever has no token or another, and a transfer belongs to whom the authorizer says',
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
          source: { url: 'https://example.invalid/x' },
          destination: { bucket: target, key: `${PREFIX}authorized` },
        }),
      });
      expect(answer.status).toBe(202);
      const { id } = (await answer.json()) as { id: string };
      expect(await own.record(id)).toMatchObject({ owner: 'somebody' });
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

// By itself: in one batch with the pieces of a fetcher that dies, a message is parked and
// comes again, and is parked twice.
describe.runIf(here)('bad messages', () => {
  test('messages that nobody understands are parked', async () => {
    await pipeline.send('Plans', 'no JSON');
    await pipeline.send('Pieces', { kind: 'piece', v: 99 });
    await pipeline.send('Results', { kind: 'unknown', v: 1, transferId: 'x' });
    const because: string[] = [];
    while (because.length < 3) {
      const QueueUrl = pipeline.output('ParkedQueueUrl');
      const { Messages = [] } = await pipeline.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          WaitTimeSeconds: 1,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      for (const { MessageAttributes, ReceiptHandle } of Messages) {
        because.push(String(MessageAttributes?.['because']?.StringValue));
        await pipeline.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
    expect(because.sort()).toEqual([
      expect.stringContaining('form of a message'),
      expect.stringContaining('not JSON'),
      expect.stringContaining('version 99'),
    ]);
  });
});

describe.runIf(here)('afterwards', () => {
  test('nothing is left: no message, no upload, no marker, no sealed source, no staging object', async () => {
    let left = await pipeline.leftovers();
    // What was cancelled is looked at again after a grace, which the time-outs of the
    // stand-in stage make a minute long.
    for (let seconds = 0; left.length > 0 && seconds < 240; seconds += 2) {
      await sleep(2000);
      left = await pipeline.leftovers();
    }
    expect(left).toEqual([]);
    const { Uploads = [] } = await pipeline.s3.send(
      new ListMultipartUploadsCommand({ Bucket: pipeline.buckets.denied }),
    );
    expect(Uploads).toEqual([]);
  });

  test('no record holds the secret of a source', async () => {
    const Bucket = pipeline.output('RecordsBucket');
    const { Contents = [] } = await pipeline.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.length).toBeGreaterThan(40);
    for (const { Key } of Contents) {
      const { Body } = await pipeline.s3.send(new GetObjectCommand({ Bucket, Key }));
      expect(await Body?.transformToString(), Key).not.toContain(SECRET);
    }
  });

  test('each end was sent to the bus, in the documented form', async () => {
    const sent: string[] = [];
    for (;;) {
      const { Messages = [] } = await pipeline.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: eventsQueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (Messages.length === 0) break;
      for (const { Body = '', ReceiptHandle } of Messages) {
        const event = JSON.parse(Body) as { 'detail-type': string; detail: unknown };
        transferEventDetail.parse(event.detail);
        expect(Body).not.toContain(SECRET);
        sent.push(event['detail-type']);
        await pipeline.sqs.send(new DeleteMessageCommand({ QueueUrl: eventsQueueUrl, ReceiptHandle }));
      }
    }
    const count = (type: string) => sent.filter((other) => other === `Transfer ${type}`).length;
    expect(count('Completed')).toBeGreaterThanOrEqual(40);
    expect(count('Cancelled')).toBeGreaterThanOrEqual(1);
    expect(count('Failed')).toBeGreaterThanOrEqual(4);
    expect(count('Accepted')).toBeGreaterThanOrEqual(45);
    expect(count('Planned')).toBeGreaterThanOrEqual(41);
  });
});
