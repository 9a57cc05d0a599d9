import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { beside } from '../../lib/destinations/file/names.ts';
import { acquireLock } from '../../lib/disk/lock.ts';
import { failureOf } from '../support/reading.ts';
import { s3Bench } from '../support/s3-bench.ts';

/*
 * A destination that refuses what ends a transfer, or the look at what it came to: the transfer ends all the same, with
 * the first error, and without asking for ever (protocol rule 12).
 */

const MIB = 1024 ** 2;
const BUCKET = 'bucket';
const DENIED = { kind: 'answer', status: 403, code: 'AccessDenied' } as const;
/** No transfer here has more than three parts. */
const MOST_REQUESTS = 40;

const bench = s3Bench({ buckets: [BUCKET], store: { minPartBytes: 1024 } });

function deny(...operations: readonly string[]): void {
  for (const operation of operations) bench.store.fail({ operation, times: Infinity, what: DENIED });
}

function source(size: number): string {
  return bench.origin.serve('/file', { size, etag: '"v1"' });
}

async function transfer(size: number, deadlineMs = 600_000) {
  const options = { pieceSizeBytes: 5 * MIB, parallelism: 1, deadlineMs };
  return bench.piecework.copy({ source: { url: source(size) }, destination: `s3://${BUCKET}/key`, options });
}

async function onlyRecord() {
  const all = await bench.piecework.list();
  expect(all).toHaveLength(1);
  return all[0]?.record;
}

describe('a small put', () => {
  test.each([
    ['PUT and HEAD', ['PutObject', 'HeadObject']],
    ['PUT', ['PutObject']],
    ['everything that it asks for', ['PutObject', 'HeadObject', 'AbortMultipartUpload', 'ListParts', 'DeleteObject']],
  ])('that is denied %s ends with the refusal of the put', async (_, operations) => {
    deny(...operations);
    const error = await failureOf(transfer(3), 'DestinationDenied');
    expect(error.message).toContain('s3:PutObject');
    expect((await onlyRecord())?.status).toBe('failed');
    expect(bench.store.log.filter(({ operation }) => operation === 'PutObject')).toHaveLength(1);
    expect(bench.store.log.length).toBeLessThan(MOST_REQUESTS);
  });

  test('whose outcome nobody may look up needs no look when it was answered', async () => {
    deny('HeadObject');
    await transfer(3);
    expect((await bench.store.object(BUCKET, 'key'))?.length).toBe(3);
  });

  test('that is cut off, and may not be looked for, ends without claiming anything', async () => {
    deny('HeadObject');
    bench.store.fail({ operation: 'PutObject', times: Infinity, what: { kind: 'dropAfter' } });
    const error = await failureOf(transfer(3, 1_500), 'OutcomeUnknown');
    expect(error.message).toContain(`s3://${BUCKET}/key`);
    expect((await onlyRecord())?.status).toBe('failed');
    expect(bench.store.log.length).toBeLessThan(MOST_REQUESTS);
  });
});

describe('an object in pieces', () => {
  test.each([
    ['CreateMultipartUpload', 'DestinationDenied'],
    ['UploadPart', 'DestinationDenied'],
    ['ListParts', 'DestinationDenied'],
    ['CompleteMultipartUpload', 'DestinationDenied'],
  ] as const)('that is denied %s ends with %s', async (operation, code) => {
    deny(operation);
    await failureOf(transfer(6 * MIB), code);
    expect((await onlyRecord())?.status).toBe('failed');
    expect(bench.store.log.length).toBeLessThan(MOST_REQUESTS);
  });

  test.each(['AbortMultipartUpload', 'ListParts'])(
    'that is denied its completion and %s ends with the refusal of the completion',
    async (operation) => {
      deny('CompleteMultipartUpload');
      bench.store.fail({ operation, skip: operation === 'ListParts' ? 2 : 0, times: Infinity, what: DENIED });
      await failureOf(transfer(6 * MIB), 'DestinationDenied');
      expect((await onlyRecord())?.status).toBe('failed');
      expect(bench.store.log.length).toBeLessThan(MOST_REQUESTS);
    },
  );

  test('that is denied its completion and any look ends without claiming anything', async () => {
    deny('CompleteMultipartUpload', 'HeadObject');
    const error = await failureOf(transfer(6 * MIB, 3_000), 'OutcomeUnknown');
    expect(error.message).toContain('CompleteMultipartUpload');
    expect((await onlyRecord())?.status).toBe('failed');
    expect(bench.store.log.length).toBeLessThan(MOST_REQUESTS);
  });
});

test('a small file whose target another process has locked ends with that', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-locked-'));
  const path = join(folder, 'file');
  const lock = await acquireLock(beside(path).lock, { what: path });
  try {
    await failureOf(bench.piecework.copy({ source: { url: source(5) }, destination: path }), 'DestinationLocked');
    expect((await onlyRecord())?.status).toBe('failed');
  } finally {
    await lock.release();
    await rm(folder, { recursive: true, force: true });
  }
});
