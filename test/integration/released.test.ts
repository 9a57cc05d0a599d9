import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  readFetcherTask,
  readFinalizerMessage,
  readNotifyTask,
  readPlannerMessage,
  readStreamTask,
} from '../../lib/queues/messages.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { startAwsDoubles } from '../support/aws-doubles.ts';
import type { AwsFunctions } from '../support/aws-functions.ts';
import { openAwsFunctions } from '../support/aws-functions.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import type { Released, StoredRecord } from '../support/released/kinds.ts';
import { kindOf, MESSAGE_QUEUES, RECORD_PATHS } from '../support/released/kinds.ts';
import { stubVariables } from '../support/stub-variables.ts';

/*
 * What earlier versions have written is read: test/fixtures/released holds one of each kind of record and message, as
 * that version's functions wrote it (test/support/released/write-released.ts), and keeps it for ever.
 */

const BESIDE_A_TRANSFER = ['active', 'sealedSource', 'sealedWebhook', 'sealedTask', 'host'] as const;
const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'released');
const texts = readdirSync(FOLDER)
  .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  .map((file) => readFileSync(join(FOLDER, file), 'utf8'));
const all = texts.map((text) => JSON.parse(text) as Released);

const READERS = {
  planner: readPlannerMessage,
  streams: readStreamTask,
  fetcher: readFetcherTask,
  finalizer: readFinalizerMessage,
  notifier: readNotifyTask,
} as const;
const QUEUES = {
  planner: 'plans',
  streams: 'streams',
  fetcher: 'pieces',
  finalizer: 'results',
  notifier: 'notifications',
} as const;

test('the newest has one of each kind: who adds a kind writes its fixture', () => {
  const newest = all.at(-1);
  expect(Object.keys(newest?.messages ?? {}).toSorted()).toEqual(Object.keys(MESSAGE_QUEUES).toSorted());
  const kinds = Object.values(newest?.records ?? {}).map(({ path }) => kindOf(path) ?? path);
  expect([...new Set(kinds)].toSorted()).toEqual(Object.keys(RECORD_PATHS).toSorted());
});

describe.each(all)('messages of $version', ({ messages }) => {
  test.each(Object.entries(messages))('%s is read, with all that is in it', (kind, message) => {
    const queue = MESSAGE_QUEUES[kind as keyof typeof MESSAGE_QUEUES];
    expect(READERS[queue](JSON.stringify(message))).toEqual(message);
  });
});

describe.each(texts.map((text, at) => [all[at]?.version ?? '', text] as const))('records of %s', (_, text) => {
  const realNow = Date.now;
  let aheadMs = 0;
  const aws = forAllTests(startAwsDoubles);
  let functions: AwsFunctions;
  let client: S3Client;
  let released: Released;

  beforeAll(() => {
    client = new S3Client({ ...aws().store, forcePathStyle: true });
    // The sources of those days were on another port.
    const port = /"url": "http:\/\/127\.0\.0\.1:(\d+)\//.exec(text)?.[1] ?? '';
    released = JSON.parse(text.replaceAll(port, String(aws().origin.port))) as Released;
    aws().origin.serve('/large.bin', {
      size: 20 * 1024 ** 2,
      etag: '"v1"',
      lastModified: 'Tue, 14 Nov 2023 22:13:20 GMT',
    });
    aws().origin.serve('/small.bin', { size: 50_000, etag: '"v1"' });
    aws().origin.serve('/busy.bin', { size: 50_000, etag: '"v1"' });
    aws().origin.serve('/hook', (_request, response) => void response.writeHead(204).end());
  });

  // As functions are that have just been started.
  beforeEach(async () => {
    stubVariables({ ...aws().variables(), POWERTOOLS_LOG_LEVEL: 'SILENT' });
    vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs);
    vi.resetModules();
    functions = await openAwsFunctions(aws().services);
  });

  afterAll(() => client.destroy());

  /** Nothing but these, and the time at which they were written. */
  async function restore(...names: readonly string[]): Promise<StoredRecord[]> {
    for (const Bucket of ['records', 'target']) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
    }
    const wanted = names.map((name) => released.records[name] ?? expect.unreachable(name));
    for (const { path, body } of wanted) {
      const Key = decodeURIComponent(path);
      await client.send(new PutObjectCommand({ Bucket: 'records', Key, Body: JSON.stringify(body) }));
    }
    const [first] = wanted;
    const { createdAt } = held(first) as { createdAt: string };
    aheadMs = Date.parse(createdAt) + 10_000 - realNow();
    return wanted;
  }

  const held = (record: StoredRecord | undefined) => (Object(record?.body) as { value: unknown }).value;

  const run = () =>
    functions.run((ms) => {
      aheadMs += ms;
    });

  async function look(path: string): Promise<Record<string, unknown>> {
    const { status, text: answer } = await functions.call('GET', path);
    expect(status, answer).toBe(200);
    return JSON.parse(answer.slice(answer.indexOf('\n'))) as Record<string, unknown>;
  }

  const named = (kind: string) =>
    Object.keys((JSON.parse(text) as Released).records).filter((name) => name.startsWith(`${kind} `));

  test.each(named('transfer'))('%s is shown as it is', async (name) => {
    const [stored] = await restore(name);
    const record = held(stored) as TransferRecord;
    expect(narrow(record)).toBe(record);
    const { status, id, plan, reason, result } = record;
    const { labels } = record.request;
    expect(await look(`/v1/transfers/${id}`)).toMatchObject({
      id,
      status,
      ...(labels === undefined ? {} : { labels }),
      ...(plan === undefined ? {} : { plan: { mode: plan.mode } }),
      ...(reason === undefined ? {} : { reason }),
      ...(result === undefined ? {} : { result: { sizeBytes: result.sizeBytes, crc32: result.crc32 } }),
    });
  });

  test.each(named('batch'))('%s is shown as it is', async (name) => {
    const [stored] = await restore(name);
    const { id, status } = held(stored) as { id: string; status: string };
    expect(await look(`/v1/batches/${id}`)).toMatchObject({ id, status });
  });

  const send = (kind: string) => {
    const queue = QUEUES[MESSAGE_QUEUES[kind as keyof typeof MESSAGE_QUEUES]];
    aws().services.onMessage({ queue, body: JSON.stringify(released.messages[kind]), delaySeconds: 0, attributes: {} });
  };

  /** A message of that kind, about this transfer or batch. */
  const sendAbout = (kind: string, about: object) => {
    const queue = QUEUES[MESSAGE_QUEUES[kind as keyof typeof MESSAGE_QUEUES]];
    const body = JSON.stringify({ ...Object(released.messages[kind]), ...about });
    aws().services.onMessage({ queue, body, delaySeconds: 0, attributes: {} });
  };

  test.each(['accepted', 'planning'])(
    'a transfer that was %s is planned and brought, and its hook posted',
    async (status) => {
      const [stored] = await restore(`transfer ${status}`, ...BESIDE_A_TRANSFER);
      const { id: transferId } = held(stored) as TransferRecord;
      sendAbout('plan', { transferId });
      await run();
      expect(await look(`/v1/transfers/${transferId}`)).toMatchObject({ status: 'completed' });
      expect(aws().origin.requests.filter(({ url }) => url === '/hook').length).toBeGreaterThan(0);
    },
  );

  test('one that was transferring, and whose upload is gone, begins again and is brought', async () => {
    const [stored] = await restore('transfer transferring', ...BESIDE_A_TRANSFER);
    const { id: transferId } = held(stored) as TransferRecord;
    for (const kind of ['piece', 'result', 'tick']) sendAbout(kind, { transferId });
    await run();
    expect(await look(`/v1/transfers/${transferId}`)).toMatchObject({ status: 'completed' });
  });

  test('a batch that was accepted is read, brought and reported', async () => {
    const [stored] = await restore('batch accepted', 'activeBatch', 'sealedList');
    const { id: batchId } = held(stored) as { id: string };
    sendAbout('plan-batch', { batchId });
    await run();
    const { status, counters } = await look(`/v1/batches/${batchId}`);
    expect([status, counters]).toEqual(['completed', expect.objectContaining({ done: 2, failed: 1 })]);
  });

  test('a pause that was noted is shown', async () => {
    await restore('transfer completed', 'pause');
    expect(await look('/v1/service')).toMatchObject({ paused: true, pausedBecause: 'the source is being moved' });
  });

  test('every message is understood by the function of its queue, and puts none aside', async () => {
    await restore('transfer completed');
    const before = aws().services.requests.length;
    for (const kind of Object.keys(released.messages)) send(kind);
    await run();
    const parked = aws()
      .services.requests.slice(before)
      .filter(({ text: sent }) => sent.includes('/parked"'));
    expect(parked).toEqual([]);
  });
});
