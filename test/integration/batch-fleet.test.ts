import { afterEach, beforeEach, expect, it } from 'vitest';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { crc32 } from '../../lib/integrity/crc32.ts';
import { cancelBatch } from '../../lib/pipeline/requests/batches/cancel-batch.ts';
import { findBatch } from '../../lib/pipeline/requests/batches/load-batch.ts';
import { retryBatch } from '../../lib/pipeline/requests/batches/retry-batch.ts';
import { submitBatch } from '../../lib/pipeline/requests/batches/submit-batch.ts';
import type { BatchSubmission } from '../../lib/pipeline/shared/batches/submission.ts';
import { pathsUnder } from '../../lib/pipeline/shared/paths-under.ts';
import { withoutEchoes } from '../../lib/sources/echoes.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import { withSecretPaths } from '../../lib/sources/secret-path.ts';
import { sourcesByScheme } from '../../lib/sources/sources.ts';
import type { BatchRecord } from '../../lib/transfer/batch/batch-record.ts';
import type { Outcome } from '../../lib/transfer/batch/outcome.ts';
import type { Validator } from '../../lib/values/web/validator.ts';
import { sha256 } from '../support/batch-bench.ts';
import type { BatchFleet } from '../support/batch-fleet.ts';
import { startBatchFleet } from '../support/batch-fleet.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { outcomesIn } from '../support/outcomes.ts';
import { patternBytes } from '../support/pattern.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// A batch on the code of the functions: list in, shards, workers, large entries as transfers, the report at the
// destination; over HTTP and S3 on loopback, records and queues in memory.

const MIB = 1024 ** 2;
const never = new AbortController().signal;

let origin: Origin;
let store: S3Double;
let fleet: BatchFleet;

beforeEach(async () => {
  origin = await startOrigin();
  store = await startS3Double({});
  store.makeBucket('bucket');
  const { endpoint, region, credentials } = store;
  // As a deployment makes it.
  const http = withSecretPaths(withoutEchoes(httpSource({})));
  fleet = startBatchFleet(sourcesByScheme([http]), s3Destination({ endpoint, region, credentials }));
});

afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

function serve(count: number, sizeBytes: (index: number) => number = (index) => 100 + index): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    origin.serve(`/f${index}.bin?sig=SECRET`, { size: sizeBytes(index), seed: index }),
  );
}

async function submit(urls: readonly string[], more: Partial<BatchSubmission> = {}): Promise<BatchRecord> {
  return await submitBatch(fleet.ports, {
    owner: 'ada',
    list: { kind: 'inline', entries: urls.map((url) => ({ sources: [url] })) },
    destination: { kind: 's3', bucket: 'bucket', key: 'in/', endpoint: store.endpoint },
    options: { ifExists: 'if-changed', maxAttempts: 2, object: {} },
    ...more,
  });
}

async function settled(id: string): Promise<BatchRecord> {
  for (let tries = 0; tries < 400; tries += 1) {
    const batch = await findBatch(fleet.ports, id);
    if (batch.announced === true) return batch;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not ended: ${JSON.stringify([await findBatch(fleet.ports, id), fleet.failures], undefined, 1)}`);
}

async function report(id: string): Promise<readonly Outcome[]> {
  const bytes = await store.object('bucket', `in/piecework-report-${id}.jsonl`);
  return outcomesIn(String(bytes));
}

async function left(): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of pathsUnder(fleet.ports.records, '')) paths.push(path);
  return paths.filter((path) => !/^(outcomes|transfers|hosts|batches|keys)\//.test(path));
}

it('brings small and large entries, writes the report, and leaves nothing', async () => {
  const large = [3, 40];
  const urls = serve(60, (index) => (large.includes(index) ? 11 * MIB : 100 + index));
  const { id } = await submit([
    ...urls,
    origin.serve('/gone', (_request, response) => void response.writeHead(404).end()),
  ]);
  const batch = await settled(id);
  expect(fleet.failures).toEqual([]);
  expect(batch).toMatchObject({
    status: 'completed',
    list: { entries: 61, format: 'entries' },
    counters: { done: 60, unchanged: 0, failed: 1, cancelled: 0 },
    failures: [{ code: 'SourceNotFound', count: 1 }],
    report: `s3://bucket/in/piecework-report-${id}.jsonl`,
  });
  const outcomes = await report(id);
  expect(outcomes.map(({ entry }) => entry)).toEqual(Array.from({ length: 61 }, (_, index) => index + 1));
  for (const index of [0, 3, 40, 59]) {
    const stored = await store.object('bucket', `in/f${index}.bin`);
    const wanted = patternBytes(0, large.includes(index) ? 11 * MIB : 100 + index, index);
    expect(stored?.equals(wanted)).toBe(true);
  }
  expect(JSON.stringify(outcomes)).not.toContain('SECRET');
  expect(fleet.events.map(({ type }) => type).filter((type) => type.startsWith('batch.'))).toEqual([
    'batch.accepted',
    'batch.completed',
  ]);
  // Held for a retry: what is sealed, which shards there are, and the marker.
  expect((await left()).filter((path) => !path.startsWith('boards/'))).toEqual([`active-batches/${id}/1`]);
  expect(fleet.sealed.names()).toContain(`batches/${id}/list`);
});

it('with everything there is settled at once; a second one finds it unchanged', async () => {
  const urls = serve(40);
  const heads = () => store.log.filter(({ operation }) => operation === 'HeadObject').length;
  const first = await settled((await submit(urls)).id);
  expect(first.counters).toMatchObject({ done: 40, failed: 0 });
  // Nothing was under the prefix, which was asked once.
  expect(heads()).toBe(0);
  await expect.poll(left).toEqual([]);
  expect(fleet.sealed.names()).toEqual([]);
  const second = await settled((await submit(urls)).id);
  expect(second.counters).toMatchObject({ done: 0, unchanged: 40 });
  expect(heads()).toBe(40);
});

it('runs again what failed, and nothing else', async () => {
  const urls = serve(40);
  let isThere = false;
  const late = origin.serve('/late.bin', (_request, response) => {
    if (isThere) response.end('late');
    else response.writeHead(404).end();
  });
  const { id } = await submit([...urls, late]);
  expect((await settled(id)).counters).toMatchObject({ done: 40, failed: 1 });
  isThere = true;
  const before = origin.requests.length;
  await retryBatch(fleet.ports, id, 'ben');
  const again = await settled(id);
  expect(again).toMatchObject({ status: 'completed', run: 2, counters: { done: 41, failed: 0 } });
  expect(origin.requests.slice(before).map(({ url }) => url)).toEqual(['/late.bin']);
  expect(await report(id)).toHaveLength(41);
  await expect.poll(left).toEqual([]);
});

it('ends early when it is cancelled: what is open has the outcome cancelled', async () => {
  const slow = Array.from({ length: 30 }, (_, index) =>
    origin.serve(`/slow${index}`, async (_request, response) => {
      await new Promise((resolve) => setTimeout(resolve, index < 4 ? 10 : 3000));
      response.end('slow');
    }),
  );
  const { id } = await submit(slow, {
    options: { ifExists: 'if-changed', maxAttempts: 2, object: {}, perHost: 2 },
  });
  await expect
    .poll(async () => (await store.object('bucket', 'in/slow1')) !== undefined, { timeout: 10_000 })
    .toBe(true);
  await cancelBatch(fleet.ports, id, 'ada', never);
  const batch = await settled(id);
  expect(batch).toMatchObject({ status: 'cancelled', reason: { code: 'Cancelled' } });
  const { done = 0, cancelled = 0 } = batch.counters ?? {};
  expect(done + cancelled).toBe(30);
  expect(cancelled).toBeGreaterThan(10);
  expect(await report(id)).toHaveLength(30);
});

it('ends with the reason when the list is none', async () => {
  const list = origin.serve('/list.csv', (_request, response) => void response.end('a,b\n1,2\n'));
  const { id } = await submit([], { list: { kind: 'at', from: { url: list } }, reading: { format: 'metalink' } });
  const batch = await settled(id);
  expect(batch).toMatchObject({ status: 'failed', reason: { code: 'InvalidList' } });
  await expect.poll(left).toEqual([]);
  expect(fleet.sealed.names()).toEqual([]);
});

it('with --if-exists fail takes as done what a worker brought that died, and nothing that others brought', async () => {
  const urls = serve(2);
  const id = '01JABCDEFGHJKMNPQRSTVWXYZ0';
  await putAs(`${id}.1`, 'in/f0.bin');
  await putAs(`${id.replace('Z0', 'Z1')}.2`, 'in/f1.bin');
  await submit(urls, { id, options: { ifExists: 'fail', maxAttempts: 2, object: {}, checksums: ['sha256'] } });
  expect(await settled(id)).toMatchObject({ counters: { done: 1, failed: 1 } });
  const [ours, theirs] = await report(id);
  expect(ours).toMatchObject({ kind: 'done', sizeBytes: 3, digests: { sha256: sha256(Buffer.from('abc')) } });
  expect(theirs).toMatchObject({ kind: 'failed', error: { code: 'DestinationExists' } });
  expect(origin.requests).toEqual([]);
});

it('counts as done what a worker brought that died, and as unchanged the same version that others brought', async () => {
  const urls = serve(2, () => 3);
  const id = '01JABCDEFGHJKMNPQRSTVWXYZ0';
  const validator = { kind: 'strong', etag: '"v1"' } as const;
  await putAs(`${id}.1`, 'in/f0.bin', validator);
  await putAs(`${id.replace('Z0', 'Z1')}.2`, 'in/f1.bin', validator);
  await submit(urls, { id });
  expect(await settled(id)).toMatchObject({ counters: { done: 1, unchanged: 1, failed: 0 } });
  expect(await report(id)).toMatchObject([
    { kind: 'done', sizeBytes: 3 },
    { kind: 'unchanged', sizeBytes: 3 },
  ]);
});

async function putAs(token: string, key: string, validator: Validator = { kind: 'none' }): Promise<void> {
  const target = { kind: 's3', bucket: 'bucket', key, endpoint: store.endpoint };
  const bytes = Buffer.from('abc');
  const object = { target, token, validator, settings: {} } as const;
  const body = { kind: 'whole', bytes, crc32: crc32(bytes) } as const;
  await fleet.ports.destinations(target).putObject(object, bytes.length, body, 'none', { signal: never });
}

it.each([false, true])(
  'reads a list to its last page, with what is said of it (secret path: %s)',
  async (secretPath) => {
    const [first = '', second = '', third = ''] = serve(3);
    const pages = [JSON.stringify([{ url: first }, { url: second }]), JSON.stringify([{ url: third }])];
    const tokens: unknown[] = [];
    const list = origin.serve('/list', ({ headers, url }, response) => {
      tokens.push(headers['x-token']);
      if (url === '/list?page=2') response.end(pages[1]);
      else response.setHeader('link', '</list?page=2>; rel="next"').end(pages[0]);
    });
    const at = { url: list, headers: { 'x-token': 'a long token' }, ...(secretPath ? { secretPath } : {}) };
    const { id } = await submit([], { list: { kind: 'at', from: at } });
    expect(await settled(id)).toMatchObject({
      status: 'completed',
      list: { entries: 3, format: 'json', sha256: sha256(Buffer.from(pages.join(''))) },
      counters: { done: 3 },
    });
    const outcomes = await report(id);
    expect(outcomes.map(({ name }) => name)).toEqual(['f0.bin', 'f1.bin', 'f2.bin']);
    // A path at the same server may begin with the same secret.
    expect(outcomes.map(({ source }) => source?.includes('f0.bin') === true)).toEqual([!secretPath, false, false]);
    expect(tokens).toEqual(['a long token', 'a long token']);
  },
);

it('writes a list of checksums beside what it names, also of large entries and of what was there', async () => {
  const urls = serve(6, (index) => (index === 2 ? 11 * MIB : 100 + index));
  const options = { ifExists: 'if-changed', maxAttempts: 2, object: {}, checksums: ['sha256', 'md5'] } as const;
  const lines = urls.map((_, index) => {
    const bytes = patternBytes(0, index === 2 ? 11 * MIB : 100 + index, index);
    return `${sha256(bytes)}  f${index}.bin\n`;
  });
  const gone = origin.serve('/gone', (_request, response) => void response.writeHead(404).end());
  for (const counters of [{ done: 6 }, { unchanged: 6 }]) {
    const { id } = await submit([...urls, gone], { options });
    expect(await settled(id)).toMatchObject({ status: 'completed', counters: { ...counters, failed: 1 } });
    expect(String(await store.object('bucket', 'in/SHA256SUMS'))).toBe(lines.join(''));
    expect(String(await store.object('bucket', 'in/MD5SUMS')).split('\n')).toHaveLength(7);
    for (const { kind, digests } of await report(id))
      expect(Object.keys(digests ?? {})).toEqual(kind === 'failed' ? [] : expect.arrayContaining(['sha256', 'md5']));
  }
  // A list of the publisher's under that name is left alone.
  const sums = origin.serve('/SHA256SUMS', (_request, response) => void response.end('of another'));
  const { id } = await submit([sums], { options });
  await settled(id);
  expect(String(await store.object('bucket', 'in/SHA256SUMS'))).toBe('of another');
  expect(String(await store.object('bucket', `in/SHA256SUMS-${id}`))).toMatch(/^[0-9a-f]{64} {2}SHA256SUMS\n$/);
});

it('leaves what can not be read back in time without a digest, and does the rest in turns', async () => {
  await fleet[Symbol.asyncDispose]();
  const { endpoint, region, credentials } = store;
  const sources = sourcesByScheme([httpSource({})]);
  // 40 KiB in a millisecond: time for 12 MiB, and not for two that are smaller.
  const destination = s3Destination({ endpoint, region, credentials });
  fleet = startBatchFleet(sources, destination, { streamLifeMs: (12 * 1024) / 40 });
  const sizes = [9 * MIB, 13 * MIB, 10 * MIB];
  const urls = serve(3, (index) => sizes[index] ?? 0);
  const { id } = await submit(urls, {
    options: { ifExists: 'if-changed', maxAttempts: 2, object: {}, checksums: ['sha256'] },
  });
  expect(await settled(id)).toMatchObject({ status: 'completed', counters: { done: 3 } });
  const listed = String(await store.object('bucket', 'in/SHA256SUMS'));
  expect(listed.match(/f\d\.bin/g)).toEqual(['f0.bin', 'f2.bin']);
  expect(fleet.events).toContainEqual({ type: 'warning', message: expect.stringContaining('f1.bin of batch') });
});

it('proves a bag by the manifest beside its list, and says where there is none', async () => {
  const [right = '', wrong = ''] = serve(2);
  const digest = sha256(patternBytes(0, 100, 0));
  const text = `${right} 100 data/a\n${wrong} 101 data/b\n`;
  const listAt = (folder: string) =>
    origin.serve(`/${folder}/fetch.txt`, (_request, response) => void response.end(text));
  origin.serve('/bag/manifest-sha256.txt', (_request, response) => {
    response.end(`${digest}  data/a\n${'0'.repeat(64)}  data/b\n`);
  });
  const { id } = await submit([], { list: { kind: 'at', from: { url: listAt('bag') } } });
  const proved = await settled(id);
  expect(proved).toMatchObject({ list: { format: 'bagit' }, counters: { done: 1, failed: 1 } });
  expect(proved.list.notes).toBe(undefined);
  expect((await report(id)).map(({ error }) => error?.code)).toEqual([undefined, 'DigestMismatch']);
  const bare = await settled((await submit([], { list: { kind: 'at', from: { url: listAt('bare') } } })).id);
  expect(bare).toMatchObject({
    counters: { done: 1, unchanged: 1 },
    list: { notes: [expect.stringMatching(/^no manifest lies beside it .* only sizes are proved$/)] },
  });
});
