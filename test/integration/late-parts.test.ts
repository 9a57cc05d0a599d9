import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AbortMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test, vi } from 'vitest';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import { s3Bench } from '../support/s3-bench.ts';
import { clientOf } from '../support/s3-client.ts';

// A store does what it was sent whole although the upload was aborted meanwhile, and keeps that part until the next
// abort. Here the first part waits for the abort, and lands after it.

const MIB = 1024 ** 2;
const SIZE = 12 * MIB;
const OPTIONS = { pieceSizeBytes: 5 * MIB, parallelism: 3, holdMs: 0 };
/** Longer than a look takes that comes at once. */
const AFTER_ABORT_MS = 300;
const DESTINATION = 's3://bucket/late.bin';

const bench = s3Bench({
  buckets: ['bucket', 'source'],
  local: ({ endpoint, region }) => ({ sourceS3: { endpoint, region }, backoff: { baseMs: 1, capMs: 5 } }),
});

/** @returns what resolves when the store has all of that part */
function delayPart(number: number, operation: 'UploadPart' | 'UploadPartCopy'): Promise<void> {
  const isThere = Promise.withResolvers<void>();
  async function landing(): Promise<void> {
    isThere.resolve();
    const isAborted = () =>
      bench.store.log.some((entry) => entry.operation.startsWith('Abort') && entry.status === 204);
    await vi.waitFor(() => expect(isAborted()).toBe(true), 10_000);
    await delay(AFTER_ABORT_MS);
  }
  bench.store.fail({
    operation,
    when: ({ query }) => query.get('partNumber') === String(number),
    what: {
      kind: 'slow',
      get until() {
        return landing();
      },
    },
  });
  return isThere.promise;
}

async function expectNothing(): Promise<void> {
  await bench.store.idle();
  expect(bench.store.log.filter(({ operation }) => operation.startsWith('Abort')).length).toBeGreaterThan(1);
  expect(bench.store.openUploads()).toEqual([]);
  expect(await readdir(join(bench.folder, 'state', 'active'))).toEqual([]);
  expect(await bench.store.object('bucket', 'late.bin')).toBeUndefined();
}

test('a transfer that fails while a part is on its way leaves no upload', async () => {
  const isThere = delayPart(1, 'UploadPart');
  const bytes = patternBytes(0, SIZE);
  const url = bench.origin.serve('/late.bin', async (request, response) => {
    const [, start = '0', end = String(SIZE - 1)] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (start !== '0') {
      await isThere;
      response.writeHead(404).end();
      return;
    }
    const last = end === '' ? SIZE - 1 : Number(end);
    response
      .writeHead(206, { etag: '"v1"', 'content-range': `bytes ${start}-${last}/${SIZE}`, 'content-length': last + 1 })
      .end(bytes.subarray(0, last + 1));
  });
  const copying = bench.piecework.copy({ source: { url }, destination: DESTINATION, options: OPTIONS });
  await failureOf(copying, 'SourceNotFound');
  await expectNothing();
});

test('a transfer that another process cancels while a part is on its way leaves no upload', async () => {
  const isThere = delayPart(1, 'UploadPart');
  const url = bench.origin.serve('/late.bin', { size: SIZE });
  const copying = failureOf(
    bench.piecework.copy({ source: { url }, destination: DESTINATION, options: OPTIONS }),
    'Cancelled',
  );
  await isThere;
  await using other = bench.open();
  await other.cancel((await other.list())[0]?.record.id ?? '');
  await copying;
  await expectNothing();
});

test('nor does one that is interrupted before it has seen that it was cancelled', async () => {
  const isThere = delayPart(1, 'UploadPart');
  const url = bench.origin.serve('/late.bin', { size: SIZE });
  const controller = new AbortController();
  const copying = failureOf(
    bench.piecework.copy({ source: { url }, destination: DESTINATION, options: OPTIONS }, controller.signal),
    'Interrupted',
  );
  await isThere;
  await using other = bench.open();
  const [running] = await other.list();
  await other.cancel(running?.record.id ?? '');
  controller.abort();
  await copying;
  await expectNothing();
});

test('nor does one whose parts the store copies by itself', async () => {
  const client = clientOf(bench.store, 1);
  await client.send(new PutObjectCommand({ Bucket: 'source', Key: 'late.bin', Body: patternBytes(0, SIZE) }));
  client.destroy();
  const isThere = delayPart(1, 'UploadPartCopy');
  const source = { url: 's3://source/late.bin' };
  const copying = failureOf(bench.piecework.copy({ source, destination: DESTINATION, options: OPTIONS }), 'Cancelled');
  await isThere;
  await using other = bench.open();
  await other.cancel((await other.list())[0]?.record.id ?? '');
  await copying;
  await expectNothing();
});

// Where its last part brings it back, all others have been reported, and nothing of them is on its way.
test.each([2, 3])(
  'an upload that is aborted from outside, and brought back by part %d, is begun anew',
  async (late) => {
    const isThere = delayPart(late, 'UploadPart');
    const url = bench.origin.serve('/late.bin', { size: SIZE });
    const options = { ...OPTIONS, parallelism: 1 };
    const copying = bench.piecework.copy({ source: { url }, destination: DESTINATION, options });
    await isThere;
    await vi.waitFor(() => expect(bench.events.filter(({ type }) => type === 'piece.done')).toHaveLength(late - 1));
    const [upload] = bench.store.openUploads();
    const client = clientOf(bench.store, 1);
    await client.send(
      new AbortMultipartUploadCommand({ Bucket: 'bucket', Key: 'late.bin', UploadId: upload?.id ?? '' }),
    );
    client.destroy();
    await copying;
    expect(bench.events).toContainEqual(
      expect.objectContaining({ type: 'restarted', reason: expect.objectContaining({ code: 'UploadLost' }) }),
    );
    await bench.store.idle();
    expect((await bench.store.object('bucket', 'late.bin'))?.equals(patternBytes(0, SIZE))).toBe(true);
    expect(bench.store.openUploads()).toEqual([]);
  },
);
