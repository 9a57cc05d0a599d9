import { afterEach, beforeEach, expect, it } from 'vitest';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { reportBatch } from '../../lib/pipeline/batch/deployed/end/report-batch.ts';
import { indexOf } from '../../lib/pipeline/batch/deployed/entries/shard-index.ts';
import { KEYS } from '../../lib/records/records.ts';
import { sourcesByScheme } from '../../lib/sources/sources.ts';
import type { BatchRecord } from '../../lib/transfer/batch/batch-record.ts';
import { newBoard } from '../../lib/transfer/batch/fleet/board.ts';
import type { Outcome } from '../../lib/transfer/batch/outcome.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import type { BatchFleet } from '../support/batch-fleet.ts';
import { startBatchFleet } from '../support/batch-fleet.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// The report of a batch that is more than one part, and its order delivered twice at once.

const never = new AbortController().signal;
const ID = '01JABCDEFGHJKMNPQRSTVWXYZ0';
const KEY = `in/piecework-report-${ID}.jsonl`;
const ENTRIES = 1100;
/** To wait for what comes soon, on a machine that is busy. */
const LONG = { timeout: 20_000 };

let store: S3Double;
let fleet: BatchFleet;

beforeEach(async () => {
  store = await startS3Double({});
  store.makeBucket('bucket');
  const { endpoint, region, credentials } = store;
  fleet = startBatchFleet(sourcesByScheme([]), s3Destination({ endpoint, region, credentials }));
});

afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

/** A batch of which all is known but its report, of more than 8 MiB. */
async function batchAtItsEnd(): Promise<void> {
  const { records, clock } = fleet.ports;
  const at = new Date(clock.now()).toISOString();
  const batch: BatchRecord = {
    v: 1,
    id: ID,
    status: 'running',
    createdAt: at,
    updatedAt: at,
    destination: 's3://bucket/in/',
    place: { kind: 's3', bucket: 'bucket', key: 'in/', endpoint: store.endpoint },
    list: {
      from: '',
      format: 'text',
      sha256: '',
      entriesSha256: '',
      entries: ENTRIES,
      shards: 1,
      readingId: 'r',
    },
    options: { ifExists: 'replace', maxAttempts: 1, object: {} },
  };
  const outcomes = Array.from(
    { length: ENTRIES },
    (_, index): Outcome => ({ entry: index + 1, kind: 'done', name: `${index}`, source: 'x'.repeat(8192) }),
  );
  const nothing = { complete: [[1, 1]] as const, counters: NO_OUTCOMES, failures: [] };
  const board = { ...newBoard({ id: ID, run: 1 }, [], 1, nothing, at), writeId: '', reportAt: at };
  await records.put(KEYS.batch(ID), batch, 'absent');
  await records.put(KEYS.shardIndex(ID, 'r'), indexOf([{ number: 1, first: 1 }]), 'absent');
  await records.put(KEYS.outcomes(ID, 1), { v: 1, shard: 1, outcomes, run: 1, through: true }, 'absent');
  await records.put(KEYS.board(ID), board, 'absent');
}

function requestsOf(operation: string): number {
  return store.log.filter((request) => request.operation === operation).length;
}

it('is written by the faster of two deliveries, the slower comes again, and no upload is left', async () => {
  await batchAtItsEnd();
  const bothBegan = Promise.withResolvers<void>();
  const firstEnded = Promise.withResolvers<void>();
  store.fail({ operation: 'UploadPart', what: { kind: 'hold', until: bothBegan.promise } });
  const first = reportBatch(fleet.ports, ID, never);
  await expect.poll(() => requestsOf('UploadPart'), LONG).toBe(1);
  store.fail({
    operation: 'CompleteMultipartUpload',
    when: ({ query }) => query.get('uploadId') === 'upload-000002',
    what: { kind: 'hold', until: firstEnded.promise },
  });
  const second = reportBatch(fleet.ports, ID, never);
  await expect.poll(() => requestsOf('CompleteMultipartUpload'), LONG).toBe(1);
  bothBegan.resolve();
  await first;
  firstEnded.resolve();
  await expect(second).rejects.toMatchObject({ code: 'UploadLost' });
  await reportBatch(fleet.ports, ID, never);
  const batch = (await fleet.ports.records.get(KEYS.batch(ID)))?.value;
  expect(batch).toMatchObject({ status: 'completed', report: `s3://bucket/${KEY}`, counters: { done: ENTRIES } });
  expect(String(await store.object('bucket', KEY)).match(/\n/g)).toHaveLength(ENTRIES);
  expect(store.openUploads()).toEqual([]);
});

it('takes away what an earlier try left open', async () => {
  await batchAtItsEnd();
  const { destinations } = fleet.ports;
  const target = { kind: 's3', bucket: 'bucket', key: KEY, endpoint: store.endpoint };
  const object = {
    target,
    token: 'x',
    validator: { kind: 'none' },
    settings: {},
    pieceSizeBytes: 8 * 1024 ** 2,
  } as const;
  await destinations(target).createUpload(object, { signal: never });
  await reportBatch(fleet.ports, ID, never);
  expect(store.openUploads()).toEqual([]);
});

it('is there also where uploads may not be listed', async () => {
  await batchAtItsEnd();
  store.fail({
    operation: 'ListMultipartUploads',
    what: { kind: 'answer', status: 403, code: 'AccessDenied' },
    times: 100,
  });
  await reportBatch(fleet.ports, ID, never);
  const batch = (await fleet.ports.records.get(KEYS.batch(ID)))?.value;
  expect(batch?.report).toBe(`s3://bucket/${KEY}`);
});
