import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { crc32 } from '../../lib/integrity/crc32.ts';
import { advance } from '../../lib/pipeline/advance/advance.ts';
import { finishTransfer } from '../../lib/pipeline/finish/finish-transfer.ts';
import { markActive } from '../../lib/pipeline/shared/markers.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { createTransfer, loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { stagingOf } from '../../lib/pipeline/shared/upload-ref.ts';
import { reconcile } from '../../lib/pipeline/upkeep/reconcile.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import { toIso } from '../../lib/values/time.ts';
import { SNAPSHOT, transferring } from '../support/a-transfer.ts';
import { call } from '../support/reading.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import { HOUR_MS, stillPorts } from '../support/still-ports.ts';

/*
 * A staged object is brought to its key by a multipart copy (as above 5 GB), and the worker is killed at each step of
 * it in turn: protocol §7 for the rows of the staging key. The store's `CopyObject` is said not to hold the condition
 * here, so that ten bytes are enough for one.
 */

const BYTES = randomBytes(10);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
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

/** A transfer whose ledger is complete, and that is about to be finished. */
async function aboutToFinish(bucket: string) {
  double.makeBucket(bucket);
  const destination = s3Destination({
    endpoint: double.endpoint,
    credentials: double.credentials,
    store: { conditionalCopy: false },
  });
  const world = stillPorts(destination);
  // As the double's, which says when an upload was begun.
  world.clock.now = Date.now();
  const target: DestinationLocator = {
    kind: 's3',
    bucket,
    key: 'key',
    endpoint: double.endpoint,
    region: double.region,
  };
  const token = '01TRANSFER.plan1';
  const base = transferring({}, { ifExists: 'fail', expect: { digests: { sha256: SHA256 } } });
  const upload = await destination.createUpload(
    {
      target: stagingOf(destination).locate(target, base.id),
      token,
      settings: {},
      validator: SNAPSHOT.validator,
    },
    call(),
  );
  const whole = { kind: 'whole', bytes: BYTES, crc32: crc32(BYTES) } as const;
  await destination.uploadPart(upload, { number: 1, sizeBytes: BYTES.length, offset: 0 }, whole, call());
  const { rev: _, writeId: __, ...fresh } = base;
  await createTransfer(world.ports, {
    ...fresh,
    request: { ...base.request, destination: target },
    status: 'finalizing',
    deadlineAt: toIso(world.clock.now + 24 * HOUR_MS),
    snapshot: { ...SNAPSHOT, sizeBytes: BYTES.length },
    plan: { mode: 'pieces', sizeBytes: BYTES.length, pieceSizeBytes: BYTES.length, pieceCount: 1 },
    upload: { id: upload.id, token, staged: true },
  });
  await markActive(world.ports, base.id, 1);
  return { ...world, destination, id: base.id, target };
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

/** The schedule comes by every hour, and what it sends is done. */
async function goOnWithout({ ports, clock, sent, id }: Awaited<ReturnType<typeof aboutToFinish>>): Promise<void> {
  for (let hours = 0; hours < 6; hours += 1) {
    clock.now += HOUR_MS;
    if (!(await isMarked(ports, id))) return;
    await reconcile(ports, { transferId: id, run: 1 }, { now: false }, never);
    if (sent.splice(0).some(({ kind }) => kind === 'finish')) await finishTransfer(ports, id, never);
  }
}

async function isMarked(ports: Ports, id: string): Promise<boolean> {
  return (await ports.records.get(KEYS.active(id, 1))) !== undefined;
}

async function expectNothingLeft(
  { ports, id, destination }: Awaited<ReturnType<typeof aboutToFinish>>,
  bucket: string,
): Promise<void> {
  expect(double.openUploads().filter((open) => open.bucket === bucket)).toEqual([]);
  expect(await double.object(bucket, `key.piecework-${id}`)).toBeUndefined();
  expect(await isMarked(ports, id)).toBe(false);
  await destination[Symbol.asyncDispose]();
}

describe('a worker that is killed while a staged object is promoted in parts', () => {
  test.each(DEATHS)('%s: the next one ends it, and nothing is left', async (name, death) => {
    const bucket = `goes-on-${name.replaceAll(' ', '-')}`;
    const world = await aboutToFinish(bucket);
    await finishUntilDeath(world.ports, world.id, bucket, death);
    await goOnWithout(world);
    expect((await loadTransfer(world.ports, world.id))?.record.status).toBe('completed');
    expect(await double.object(bucket, 'key')).toEqual(BYTES);
    await expectNothingLeft(world, bucket);
  });

  test.each(DEATHS)('%s: cancelled then, it leaves the object or nothing', async (name, death) => {
    const bucket = `cancelled-${name.replaceAll(' ', '-')}`;
    const world = await aboutToFinish(bucket);
    await finishUntilDeath(world.ports, world.id, bucket, death);
    const reason = { code: 'Cancelled', message: 'cancelled' } as const;
    await advance(world.ports, world.id, [{ kind: 'cancel', reason }], never);
    await goOnWithout(world);
    const status = (await loadTransfer(world.ports, world.id))?.record.status;
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
    await goOnWithout(world);
    await expectNothingLeft(world, bucket);
  });

  test('one that is refused is not waited for', async () => {
    const bucket = 'refused-create';
    const world = await aboutToFinish(bucket);
    double.fail({ operation: 'CreateMultipartUpload', what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    await finishTransfer(world.ports, world.id, never);
    expect((await loadTransfer(world.ports, world.id))?.record.creating).toEqual([]);
    await goOnWithout(world);
    await expectNothingLeft(world, bucket);
  });
});
