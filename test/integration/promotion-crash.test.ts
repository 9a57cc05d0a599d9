import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advance } from '../../lib/pipeline/advance/advance.ts';
import { finishTransfer } from '../../lib/pipeline/finish/finish-transfer.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import type { StagedTransfer } from '../support/staged-transfer.ts';
import { stagedTransfer } from '../support/staged-transfer.ts';

/*
 * A staged object is brought to its key by a multipart copy (as above 5 GB), and the worker is killed at each step of
 * it in turn: protocol §7 for the rows of the staging key. The store's `CopyObject` is said not to hold the condition
 * here, so that ten bytes are enough for one.
 */

const BYTES = randomBytes(10);
const never = new AbortController().signal;

let double: S3Double;
beforeAll(async () => {
  double = await startS3Double();
});
afterAll(async () => {
  await double[Symbol.asyncDispose]();
});

/**
 * Where the worker is killed: before it stores a record for the n-th time, after that, or when it has sent a
 * request that is never worked on.
 */
type Death =
  | { readonly write: number; readonly isWritten: boolean }
  | { readonly request: 'UploadPartCopy' | 'CompleteMultipartUpload' };

/** The staged object, the intent, the upload by its name, the end; then what settling stores. */
const WRITES = [1, 2, 3, 4, 5, 6];
const DEATHS: readonly (readonly [string, Death])[] = [
  ...WRITES.flatMap((write) => [
    [`before write ${write}`, { write, isWritten: false }] as const,
    [`after write ${write}`, { write, isWritten: true }] as const,
  ]),
  ['with a part on its way', { request: 'UploadPartCopy' }],
  ['with the completion on its way', { request: 'CompleteMultipartUpload' }],
];

/** As the double's, which says when an upload was begun. */
async function aboutToFinish(bucket: string) {
  double.makeBucket(bucket);
  return await stagedTransfer(double, { bucket, store: { conditionalCopy: false }, bytes: BYTES, now: Date.now() });
}

/**
 * Lets a worker finish the transfer until it dies: then it waits for an answer for ever, and
 * nothing of it happens any more.
 */
async function finishUntilDeath(ports: Ports, id: string, bucket: string, death: Death): Promise<void> {
  const dies = Promise.withResolvers<void>();
  const forEver = new Promise<never>(() => {});
  let writes = 0;
  const put: Ports['records']['put'] = async (key, value, on) => {
    writes += 1;
    const isLast = 'write' in death && writes === death.write;
    if (isLast && death.isWritten) await ports.records.put(key, value, on);
    if (!isLast) return await ports.records.put(key, value, on);
    dies.resolve();
    return await forEver;
  };
  if ('request' in death) {
    const isItsOwn = (request: { readonly bucket: string; readonly key: string }) => {
      const isIt = request.bucket === bucket && request.key === 'key';
      if (isIt) dies.resolve();
      return isIt;
    };
    double.fail({ operation: death.request, when: isItsOwn, what: { kind: 'hold', until: forEver } });
  }
  await Promise.race([dies.promise, finishTransfer({ ...ports, records: { ...ports.records, put } }, id, never)]);
}

async function expectNothingLeft(world: StagedTransfer, bucket: string): Promise<void> {
  expect(double.openUploads().filter((open) => open.bucket === bucket)).toEqual([]);
  expect(await double.object(bucket, world.stagingKey)).toBeUndefined();
  expect(await world.isMarked()).toBe(false);
  await world[Symbol.asyncDispose]();
}

describe('a worker that is killed while a staged object is promoted in parts', () => {
  test.each(DEATHS)('%s: the next one ends it, and nothing is left', async (name, death) => {
    const bucket = `goes-on-${name.replaceAll(' ', '-')}`;
    const world = await aboutToFinish(bucket);
    await finishUntilDeath(world.ports, world.id, bucket, death);
    await world.goOn();
    expect((await world.record())?.status).toBe('completed');
    expect(await double.object(bucket, 'key')).toEqual(BYTES);
    await expectNothingLeft(world, bucket);
  });

  test.each(DEATHS)('%s: cancelled then, it leaves the object or nothing', async (name, death) => {
    const bucket = `cancelled-${name.replaceAll(' ', '-')}`;
    const world = await aboutToFinish(bucket);
    await finishUntilDeath(world.ports, world.id, bucket, death);
    const reason = { code: 'Cancelled', message: 'cancelled' } as const;
    await advance(world.ports, world.id, [{ kind: 'cancel', reason }], never);
    await world.goOn();
    const status = (await world.record())?.status;
    expect(await double.object(bucket, 'key')).toEqual(status === 'completed' ? BYTES : undefined);
    expect(['completed', 'cancelled']).toContain(status);
    await expectNothingLeft(world, bucket);
  });

  test('nor is one left whose Create was answered to nobody', async () => {
    const bucket = 'unsure-create';
    const world = await aboutToFinish(bucket);
    double.fail({ operation: 'CreateMultipartUpload', what: { kind: 'dropAfter' } });
    await finishTransfer(world.ports, world.id, never);
    expect(double.openUploads().filter((open) => open.bucket === bucket)).toHaveLength(1);
    await world.goOn();
    await expectNothingLeft(world, bucket);
  });

  test('one that is refused is not waited for', async () => {
    const bucket = 'refused-create';
    const world = await aboutToFinish(bucket);
    double.fail({ operation: 'CreateMultipartUpload', what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    await finishTransfer(world.ports, world.id, never);
    expect((await world.record())?.creating).toEqual([]);
    await world.goOn();
    await expectNothingLeft(world, bucket);
  });
});
