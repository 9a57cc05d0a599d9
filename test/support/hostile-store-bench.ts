import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ObjectSpec } from '../../lib/destinations/destination.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { openLocal } from '../../lib/index.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { HostileStoreRow, StoreServers } from './hostile-store-row.ts';
import type { OnlyLoopback } from './only-loopback.ts';
import { startOrigin } from './origin.ts';
import { patternBytes } from './pattern.ts';
import { call, failureOf } from './reading.ts';
import type { S3Double } from './s3-double.ts';
import { startS3Double } from './s3-double.ts';

const MIB = 1024 ** 2;
const BUCKET = 'bucket';
const SIZES = { read: 2 * MIB + 321, written: 10 * MIB + 321 };
const PIECES = { read: 512 * 1024, written: 5 * MIB };

async function askOnly(row: HostileStoreRow, store: S3Double): Promise<void> {
  const { endpoint, credentials } = store;
  await using destination = s3Destination({ endpoint, credentials });
  const target: DestinationLocator = { kind: 's3', bucket: BUCKET, key: 'file.bin', endpoint };
  const object: ObjectSpec = { target, token: 'token', validator: { kind: 'none' }, settings: {} };
  const upload = await destination.createUpload(object, call());
  row.lie({ store, sizeBytes: 0, sent: { bytes: 0 } });
  if (row.outcome === 'bytes') throw new Error('a question has no bytes');
  await failureOf(Promise.resolve(row.ask?.(destination, upload, call())), row.outcome);
  row.check?.({ store, sizeBytes: 0, sent: { bytes: 0 } });
}

/** Plays one row: copies from the hostile store, or into it, and looks at what came of it everywhere. */
export async function playStore(
  row: HostileStoreRow,
  role: 'read' | 'written',
  { strangers }: OnlyLoopback,
): Promise<void> {
  await using things = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'piecework-hostile-store-'));
  things.defer(() => rm(home, { recursive: true, force: true }));
  const [folder, stateDir] = [join(home, 'files'), join(home, 'state')];
  const store = things.use(await startS3Double(row.double));
  const origin = things.use(await startOrigin());
  store.makeBucket(BUCKET);
  if (row.ask !== undefined) return await askOnly(row, store);
  const sizeBytes = SIZES[role];
  const right = patternBytes(0, sizeBytes);
  const servers: StoreServers = { store, sizeBytes, sent: { bytes: 0 } };
  const { endpoint, region, credentials } = store;
  const piecework = things.use(
    openLocal({
      stateDir,
      backoff: { baseMs: 20, capMs: 200 },
      http: { proxy: {}, ...row.http },
      s3: { endpointUrl: endpoint, region, ...row.s3 },
    }),
  );
  if (role === 'read') await fetch(`${endpoint}/${BUCKET}/file.bin`, { method: 'PUT', body: right });
  row.lie(servers);
  const copying = piecework.copy({
    source:
      role === 'read'
        ? { url: `s3://${BUCKET}/file.bin`, auth: { kind: 'aws', ...credentials }, store: { endpoint, region } }
        : { url: origin.serve('/file.bin', { size: sizeBytes }) },
    destination: role === 'read' ? `${folder}/` : `s3://${BUCKET}/`,
    options: {
      pieceSizeBytes: PIECES[role],
      parallelism: 2,
      maxFailures: 3,
      holdMs: 0,
      ...(typeof row.options === 'function' ? row.options(right) : row.options),
    },
  });
  const found = async (): Promise<Buffer | undefined> =>
    role === 'written'
      ? await store.object(BUCKET, 'file.bin')
      : await readFile(join(folder, 'file.bin')).catch(() => undefined);
  if (row.outcome === 'bytes') {
    await copying;
    expect((await found())?.equals(right), 'the object is not what the source holds').toBe(true);
  } else {
    const error = await failureOf(copying, row.outcome);
    expect(error.message).not.toContain('\n');
    expect(error.message.length).toBeLessThan(1000);
    expect(await found()).toBeUndefined();
  }
  row.check?.(servers);
  const files = role === 'read' && row.outcome === 'bytes' ? ['file.bin'] : [];
  expect(await readdir(folder).catch(() => [])).toEqual(files);
  if (row.resumable !== true) expect(store.openUploads()).toEqual([]);
  const rooms = row.resumable === true ? ['locks'] : ['active', 'locks'];
  for (const room of rooms) expect(await readdir(join(stateDir, room)).catch(() => [])).toEqual([]);
  expect(strangers, 'contacted all the same').toEqual([]);
}
