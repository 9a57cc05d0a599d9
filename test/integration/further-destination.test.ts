import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Local, PieceworkEvent } from '../../lib/index.ts';
import { openHome } from '../../lib/local/home/home.ts';
import { localOf } from '../../lib/local/open.ts';
import { memoryKind } from '../support/memory-destination/kind.ts';
import { MemoryStore } from '../support/memory-destination/store.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';

const PIECE = 64 * 1024;
const SIZE = 10 * PIECE + 321;
const TARGET = 'mem://store/file.bin';

let folder: string;
let origin: Origin;
let store: MemoryStore;
let events: PieceworkEvent[];
let stopAfter: { readonly pieces: number; readonly controller: AbortController } | undefined;
let piecework: Local;

/** One process after another over the same store and the same state. */
function open(): Local {
  const onEvent = (event: PieceworkEvent) => {
    events.push(event);
    const done = events.filter(({ type }) => type === 'piece.done').length;
    if (stopAfter !== undefined && done >= stopAfter.pieces) stopAfter.controller.abort(new Error('stopped'));
  };
  return localOf(openHome({ stateDir: join(folder, 'state'), onEvent }, {}, { kinds: [memoryKind(store)] }));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-further-'));
  origin = await startOrigin();
  store = new MemoryStore();
  events = [];
  stopAfter = undefined;
  piecework = open();
});

afterEach(async () => {
  await piecework[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function interruptedCopy(url: string): Promise<void> {
  stopAfter = { pieces: 4, controller: new AbortController() };
  const copy = piecework.copy(
    { source: { url }, destination: TARGET, options: { parallelism: 2 } },
    stopAfter.controller.signal,
  );
  await failureOf(copy, 'Interrupted');
  stopAfter = undefined;
  await piecework[Symbol.asyncDispose]();
  events = [];
  piecework = open();
}

const bytesAt = (name: string) => store.objects.get(name)?.bytes;

describe('a kind of destination that is only listed', () => {
  test('is planned for, written to in pieces, and named everywhere', async () => {
    const url = origin.serve('/file.bin', { size: SIZE });
    const options = { pieceSizeBytes: PIECE };
    const request = { source: { url }, destination: 'mem://store/folder/', options };
    const destination = { kind: 'mem', name: 'store', key: 'folder/file.bin' };
    expect(await piecework.plan(request)).toMatchObject({ destination, exists: false, plan: { pieceCount: 11 } });
    const digest = createHash('sha256').update(patternBytes(0, SIZE)).digest('hex');
    const report = await piecework.copy({
      ...request,
      options: { ...options, expect: { digests: { sha256: digest } } },
    });
    expect(report).toMatchObject({ destination, fetchedBytes: SIZE, result: { version: 'digest' } });
    expect(Buffer.from(bytesAt('mem://store/folder/file.bin') ?? []).equals(patternBytes(0, SIZE))).toBe(true);
    expect(events.find(({ type }) => type === 'accepted')).toMatchObject({
      destination: 'mem://store/folder/file.bin',
    });
    expect(await piecework.list()).toMatchObject([{ record: { status: 'completed', request: { destination } } }]);
    expect(store.uploads.size).toBe(0);
    await failureOf(piecework.copy({ ...request, options: { ifExists: 'fail' } }), 'DestinationExists');
  });

  test('takes a single put', async () => {
    const url = origin.serve('/small.bin', { size: 10 });
    await piecework.copy({ source: { url }, destination: TARGET });
    expect(Buffer.from(bytesAt(TARGET) ?? []).equals(patternBytes(0, 10))).toBe(true);
  });

  test('is gone on with by the next process', async () => {
    const url = origin.serve('/file.bin', { size: SIZE });
    await interruptedCopy(url);
    const [left] = store.uploads.values();
    const done = left?.parts.size ?? 0;
    expect(done).toBeGreaterThan(0);
    expect(bytesAt(TARGET)).toBeUndefined();
    const report = await piecework.copy({ source: { url }, destination: TARGET });
    expect(report.resumedPieces).toBe(done);
    expect(Buffer.from(bytesAt(TARGET) ?? []).equals(patternBytes(0, SIZE))).toBe(true);
    expect(store.uploads.size).toBe(0);
  });

  test('is cleaned up by a cancel', async () => {
    await interruptedCopy(origin.serve('/file.bin', { size: SIZE }));
    const [transfer] = await piecework.list();
    const id = transfer?.record.id ?? '';
    expect(await piecework.status(id)).toMatchObject({ isRunning: false, pieces: { count: 11 } });
    expect(await piecework.cancel(id)).toMatchObject({ status: 'cancelled' });
    expect(store.uploads.size).toBe(0);
    expect(store.objects.size).toBe(0);
    expect(await readdir(join(folder, 'state', 'active'))).toEqual([]);
  });

  test('is refused, with the forms of all kinds, where it is written otherwise', async () => {
    const { message } = await failureOf(
      piecework.copy({ source: { url: 'http://127.0.0.1/' }, destination: 'gs://bucket/key' }),
      'InvalidDestination',
    );
    expect(message).toBe(
      'gs://bucket/key is no destination: give s3://bucket/key, a path, a folder, - for stdout, or mem://name/key',
    );
  });
});
