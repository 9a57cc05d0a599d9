import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CopyReport } from '../../lib/local/api.ts';
import { completeOptions } from '../../lib/local/copy/check-request.ts';
import { copy } from '../../lib/local/copy/copy.ts';
import { remember } from '../../lib/local/copy/unfinished.ts';
import type { Run } from '../../lib/local/engine/run.ts';
import type { Home } from '../../lib/local/home/home.ts';
import { openHome } from '../../lib/local/home/home.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import { markActive } from '../../lib/pipeline/shared/markers.ts';
import { loadTransfer, updateTransfer } from '../../lib/pipeline/shared/store.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import { tokenOf } from '../../lib/transfer/record/record.ts';
import { beginPlanning } from '../../lib/transfer/record/transitions.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { call } from '../support/reading.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

/*
 * A copy that is killed in its first moments, before it has a plan: what it left is made here by the same functions, up
 * to the step at which it died. The same command then goes on with it, and leaves nothing.
 * (`node test/reliability/kill-rounds.ts --fault early` kills a real one.)
 */

const SIZE = 50_000;
const ID = '01KILLED';

let folder: string;
let origin: Origin;
let store: S3Double;
let home: Home;
let url: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-early-'));
  origin = await startOrigin();
  store = await startS3Double({ minPartBytes: 1024 });
  store.makeBucket('bucket');
  vi.stubEnv('AWS_ACCESS_KEY_ID', store.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', store.credentials.secretAccessKey);
  url = origin.serve('/file.bin', { size: SIZE, etag: '"v1"' });
  const s3 = { endpointUrl: store.endpoint, region: 'us-east-1' };
  home = openHome({ stateDir: join(folder, 'state'), s3 });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await home[Symbol.asyncDispose]();
  await Promise.all([origin[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

const STEPS = ['key', 'marker', 'record', 'intent', 'upload'] as const;
type Step = (typeof STEPS)[number];

function destinationOf(kind: 'file' | 's3'): DestinationLocator {
  return kind === 'file'
    ? { kind, path: join(folder, 'out', 'file.bin') }
    : { kind, bucket: 'bucket', key: 'file.bin', endpoint: store.endpoint };
}

async function same(kind: 'file' | 's3', over: object = {}): Promise<CopyReport> {
  const to = kind === 'file' ? join(folder, 'out', 'file.bin') : 's3://bucket/file.bin';
  return await copy(home, { source: { url }, destination: to, options: over }, new AbortController().signal);
}

/** What a copy has stored when it is killed right after a step. */
async function killedAfter(step: Step, kind: 'file' | 's3', agoMs: number): Promise<void> {
  const destination = destinationOf(kind);
  await mkdir(join(folder, 'out'), { recursive: true });
  await using run = await home.engine.open({ kind });
  const { ports } = run;
  const has = (other: Step) => STEPS.indexOf(other) <= STEPS.indexOf(step);
  await remember(ports, home.locks.key(destination), ID);
  if (has('marker')) await markActive(ports, ID, 1);
  if (!has('record')) return;
  const source = { url };
  await submit(ports, { id: ID, source, destination, object: {}, options: completeOptions({}), owner: 'local' });
  if (!has('intent')) return;
  await updateTransfer(ports, ID, (record) =>
    record.status === 'accepted' ? beginPlanning(record, 'plan0', home.clock.now() - agoMs) : undefined,
  );
  if (has('upload')) await begin(run, destination);
}

async function begin({ ports }: Run, target: DestinationLocator): Promise<void> {
  await ports.destinations(target).createUpload(
    {
      target,
      token: tokenOf(ID, 'plan0'),
      settings: {},
      validator: { kind: 'strong', etag: '"v1"' },
      sizeBytes: SIZE,
      pieceSizeBytes: 10_000,
    },
    call(),
  );
}

async function markers(): Promise<readonly string[]> {
  return await readdir(join(folder, 'state', 'active')).catch(() => []);
}

describe('killed before it had a plan, a copy to a file', () => {
  test.each(STEPS)('after its %s: the same command goes on, and nothing is left', async (step) => {
    await killedAfter(step, 'file', 0);
    const { transferId } = await same('file');
    expect(transferId === ID).toBe(STEPS.indexOf(step) >= 2);
    expect(await readFile(join(folder, 'out', 'file.bin'))).toEqual(patternBytes(0, SIZE));
    expect(await readdir(join(folder, 'out'))).toEqual(['file.bin']);
    expect(await markers()).toEqual([]);
  });

  test('does what it is told now, not what it was told then', async () => {
    await killedAfter('intent', 'file', 0);
    await same('file', { deadlineMs: 12_345 });
    const record = (await loadTransfer({ records: home.records }, ID))?.record;
    expect(record).toMatchObject({ status: 'completed', request: { options: { deadlineMs: 12_345 } } });
  });
});

describe('killed before it had a plan, a copy to S3', () => {
  test.each(['key', 'marker', 'record', 'intent'] as const)(
    'after its %s, a while ago: nothing is left',
    async (step) => {
      await killedAfter(step, 's3', 61_000);
      await same('s3');
      expect(await store.object('bucket', 'file.bin')).toEqual(patternBytes(0, SIZE));
      expect(await markers()).toEqual([]);
    },
  );

  test('a moment ago: the next copy there finds what its Create may have come to', async () => {
    await killedAfter('intent', 's3', 0);
    await same('s3');
    expect(await markers()).toHaveLength(1);
    await updateTransfer({ records: home.records, ids: home.ids }, ID, (record) => ({
      ...record,
      creating: record.creating.map((intent) => ({ ...intent, at: new Date(home.clock.now() - 61_000).toISOString() })),
    }));
    await same('s3', { ifExists: 'if-changed' });
    expect(await markers()).toEqual([]);
  });

  test('with an upload that could be another’s: it is left until it is old, and the marker tells of it', async () => {
    await killedAfter('upload', 's3', 61_000);
    await same('s3');
    expect(await store.object('bucket', 'file.bin')).toEqual(patternBytes(0, SIZE));
    expect(store.openUploads()).toHaveLength(1);
    expect(await markers()).toEqual([`${ID}+1`]);
  });
});
