import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Local, LocalOptions, PieceworkEvent } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';

const MIB = 1024 ** 2;
const SIZE = 5 * MIB + 321;
const ETAG = '"v1"';

let folder: string;
let origin: Origin;
let events: PieceworkEvent[];
let piecework: Local;

function open(options: LocalOptions = {}): Local {
  return openLocal({ stateDir: join(folder, 'state'), onEvent: (event) => events.push(event), ...options });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-local-'));
  origin = await startOrigin();
  events = [];
  piecework = open();
});

afterEach(async () => {
  await piecework[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Everything in the folder but the state. */
async function leftovers(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== 'state').sort();
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('copy to a file', () => {
  test('fetches in pieces, gives the source’s time, leaves nothing beside it', async () => {
    const url = origin.serve('/big.bin', { size: SIZE, etag: ETAG, lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' });
    const target = join(folder, 'big.bin');
    const report = await piecework.copy({ source: { url }, destination: target, options: { pieceSizeBytes: MIB } });
    expect(sha256(await readFile(target))).toBe(sha256(patternBytes(0, SIZE)));
    expect(report.result).toMatchObject({ sizeBytes: SIZE, version: 'validator' });
    expect(report).toMatchObject({ fetchedBytes: SIZE, resumedPieces: 0, plan: { mode: 'pieces', pieceCount: 6 } });
    expect((await stat(target)).mtime.toISOString()).toBe('2026-11-03T10:00:00.000Z');
    expect(await leftovers()).toEqual(['big.bin']);
    expect(await readdir(join(folder, 'state', 'active')).catch(() => [])).toEqual([]);
  });

  test.each([0, 1, MIB, MIB + 1])('%i bytes', async (sizeBytes) => {
    const url = origin.serve('/some.bin', { size: sizeBytes, etag: ETAG });
    const target = join(folder, 'some.bin');
    const report = await piecework.copy({ source: { url }, destination: target });
    expect(sha256(await readFile(target))).toBe(sha256(patternBytes(0, sizeBytes)));
    expect(report.result.sizeBytes).toBe(sizeBytes);
    expect(await leftovers()).toEqual(['some.bin']);
  });

  test('a folder takes the source’s name', async () => {
    const url = origin.serve('/named', {
      size: 10,
      etag: ETAG,
      headers: { 'content-disposition': 'attachment; filename="über.txt"' },
    });
    const report = await piecework.copy({ source: { url }, destination: `${folder}/new/` });
    expect(report.destination).toEqual({ kind: 'file', path: join(folder, 'new', 'über.txt') });
    expect(await readFile(join(folder, 'new', 'über.txt'))).toEqual(patternBytes(0, 10));
  });

  test('a server without ranges is streamed', async () => {
    const url = origin.serve('/whole.bin', { size: SIZE, etag: ETAG, ignoreRange: true });
    const report = await piecework.copy({
      source: { url },
      destination: join(folder, 'whole.bin'),
      options: { pieceSizeBytes: MIB },
    });
    expect(report.plan).toMatchObject({ mode: 'stream' });
    expect(sha256(await readFile(join(folder, 'whole.bin')))).toBe(sha256(patternBytes(0, SIZE)));
    expect(await leftovers()).toEqual(['whole.bin']);
  });

  test('a right digest is proved, a wrong one leaves nothing', async () => {
    const url = origin.serve('/proved.bin', { size: SIZE, etag: ETAG });
    const digest = sha256(patternBytes(0, SIZE));
    const options = { pieceSizeBytes: MIB, expect: { digests: { sha256: digest } } };
    const report = await piecework.copy({ source: { url }, destination: join(folder, 'proved.bin'), options });
    expect(report.result).toMatchObject({ version: 'digest', digests: { sha256: digest } });
    const wrong = { ...options, expect: { digests: { sha256: 'a'.repeat(64) } } };
    await failureOf(
      piecework.copy({ source: { url }, destination: join(folder, 'wrong.bin'), options: wrong }),
      'DigestMismatch',
    );
    expect(await leftovers()).toEqual(['proved.bin']);
  });

  test('if-exists fail refuses, if-changed does nothing for the same version', async () => {
    const url = origin.serve('/kept.bin', { size: SIZE, etag: ETAG, lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' });
    const destination = join(folder, 'kept.bin');
    await writeFile(destination, 'mine');
    await failureOf(
      piecework.copy({ source: { url }, destination, options: { ifExists: 'fail' } }),
      'DestinationExists',
    );
    expect(await readFile(destination, 'utf8')).toBe('mine');
    await piecework.copy({ source: { url }, destination, options: { ifExists: 'if-changed' } });
    const again = await piecework.copy({ source: { url }, destination, options: { ifExists: 'if-changed' } });
    expect(again.result.unchanged).toBe(true);
    expect(again.fetchedBytes).toBe(0);
    expect(await leftovers()).toEqual(['kept.bin']);
  });

  test('what can’t be probed leaves nothing at all', async () => {
    await failureOf(
      piecework.copy({ source: { url: `${origin.base}/missing` }, destination: join(folder, 'no.bin') }),
      'SourceNotFound',
    );
    expect(await leftovers()).toEqual([]);
    expect(await piecework.list()).toEqual([]);
  });
});

async function interruptAfter(pieces: number, url: string, destination: string): Promise<void> {
  const stop = new AbortController();
  let done = 0;
  await using first = open({ onEvent: (event) => event.type === 'piece.done' && ++done === pieces && stop.abort() });
  const options = { pieceSizeBytes: 256 * 1024, parallelism: 2 };
  await failureOf(first.copy({ source: { url }, destination, options }, stop.signal), 'Interrupted');
}

describe('an interrupted copy', () => {
  test('goes on with the missing pieces only', async () => {
    const url = origin.serve('/half.bin', { size: SIZE, etag: ETAG });
    const destination = join(folder, 'half.bin');
    await interruptAfter(8, url, destination);
    expect((await piecework.list()).map(({ record, isRunning }) => [record.status, isRunning])).toEqual([
      ['transferring', false],
    ]);
    const report = await piecework.copy({ source: { url }, destination, options: { parallelism: 2 } });
    expect(report.resumedPieces).toBeGreaterThanOrEqual(8);
    expect(report.fetchedBytes).toBe(SIZE - report.resumedPieces * 256 * 1024);
    expect(events.some((event) => event.type === 'resuming')).toBe(true);
    expect(sha256(await readFile(destination))).toBe(sha256(patternBytes(0, SIZE)));
    expect(await leftovers()).toEqual(['half.bin']);
  });

  test('starts over when the source is another version, and says why', async () => {
    const url = origin.serve('/changed.bin', { size: SIZE, etag: ETAG });
    const destination = join(folder, 'changed.bin');
    await interruptAfter(4, url, destination);
    origin.serve('/changed.bin', { size: SIZE, etag: '"v2"', seed: 2 });
    const report = await piecework.copy({ source: { url }, destination });
    expect(report.resumedPieces).toBe(0);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'superseded', because: expect.stringContaining('"v2"') }),
    );
    expect(sha256(await readFile(destination))).toBe(sha256(patternBytes(0, SIZE, 2)));
    expect(await leftovers()).toEqual(['changed.bin']);
  });

  test('can be cancelled and cleaned; then nothing is left', async () => {
    const url = origin.serve('/gone.bin', { size: SIZE, etag: ETAG });
    await interruptAfter(4, url, join(folder, 'gone.bin'));
    const [interrupted] = await piecework.list();
    expect((await piecework.status(interrupted?.record.id ?? '')).pieces?.doneCount).toBeGreaterThanOrEqual(4);
    expect((await piecework.cancel(interrupted?.record.id ?? '')).status).toBe('cancelled');
    expect(await leftovers()).toEqual([]);

    await interruptAfter(4, url, join(folder, 'gone.bin'));
    expect((await piecework.clean()).cleaned.map(({ status }) => status)).toEqual(['cancelled']);
    expect(await leftovers()).toEqual([]);
  });

  test('can be retried by its id', async () => {
    const url = origin.serve('/again.bin', { size: SIZE, etag: ETAG });
    await interruptAfter(4, url, join(folder, 'again.bin'));
    const [interrupted] = await piecework.list();
    const report = await piecework.retry(interrupted?.record.id ?? '');
    expect(report.resumedPieces).toBeGreaterThanOrEqual(4);
    expect(sha256(await readFile(join(folder, 'again.bin')))).toBe(sha256(patternBytes(0, SIZE)));
  });
});

describe('another source for a transfer that is gone on with', () => {
  const options = { pieceSizeBytes: 256 * 1024, parallelism: 1 };
  const sourceOf = async () => (await piecework.list())[0]?.record.request.source;

  async function failAfter(pieces: number, path: string, destination: string): Promise<void> {
    const url = origin.serve(path, { size: SIZE, etag: ETAG });
    let done = 0;
    await using first = open({
      onEvent: (event) => event.type === 'piece.done' && ++done === pieces && origin.remove(path),
    });
    await failureOf(first.copy({ source: { url }, destination, options }), 'SourceNotFound');
  }

  test('stands in the record and in an event after a retry of a failed one', async () => {
    await failAfter(5, '/first.bin', join(folder, 'moved.bin'));
    const url = origin.serve('/second.bin', { size: SIZE, etag: ETAG });
    const [before] = await piecework.list();
    const source = { url: `${url}?token=SECRET` };
    const report = await piecework.retry(before?.record.id ?? '', { source });
    expect(report.resumedPieces).toBe(5);
    expect(await sourceOf()).toEqual({ url: `${url}?token=***`, withheld: true });
    expect(events).toContainEqual({
      type: 'retried',
      transferId: report.transferId,
      run: 2,
      source: `${url}?token=***`,
    });
  });

  test('and after a copy of an interrupted one; the same one is no news', async () => {
    const first = origin.serve('/first.bin', { size: SIZE, etag: ETAG });
    const destination = join(folder, 'moved.bin');
    await interruptAfter(4, first, destination);
    const url = origin.serve('/second.bin', { size: SIZE, etag: ETAG });
    expect((await piecework.copy({ source: { url }, destination })).resumedPieces).toBeGreaterThanOrEqual(4);
    expect(await sourceOf()).toEqual({ url, withheld: false });
    await interruptAfter(4, url, join(folder, 'still.bin'));
    await piecework.copy({ source: { url }, destination: join(folder, 'still.bin') });
    const resuming = events.filter(({ type }) => type === 'resuming');
    expect(resuming.map((event) => 'source' in event && event.source)).toEqual([url, false]);
  });
});

describe('a failed copy', () => {
  test('keeps its pieces for a retry, and the same command goes on', async () => {
    const url = origin.serve('/down.bin', { size: SIZE, etag: ETAG });
    const destination = join(folder, 'down.bin');
    let done = 0;
    await using first = open({
      onEvent: (event) => event.type === 'piece.done' && ++done === 5 && origin.remove('/down.bin'),
    });
    const options = { pieceSizeBytes: 256 * 1024, parallelism: 1 };
    await failureOf(first.copy({ source: { url }, destination, options }), 'SourceNotFound');
    origin.serve('/down.bin', { size: SIZE, etag: ETAG });
    const report = await piecework.copy({ source: { url }, destination, options });
    expect(report.resumedPieces).toBe(5);
    expect(sha256(await readFile(destination))).toBe(sha256(patternBytes(0, SIZE)));
    expect(await leftovers()).toEqual(['down.bin']);
  });

  test('a source that changes in the middle starts it over, or ends it where that was asked for', async () => {
    const destination = join(folder, 'mixed.bin');
    const changeAt = (pieces: number) => {
      let done = 0;
      return (event: PieceworkEvent) => {
        if (event.type === 'piece.done' && ++done === pieces)
          origin.serve('/mixed.bin', { size: SIZE, etag: '"v2"', seed: 2 });
      };
    };
    const url = origin.serve('/mixed.bin', { size: SIZE, etag: ETAG });
    const options = { pieceSizeBytes: 256 * 1024, parallelism: 2 };
    await using first = open({ onEvent: changeAt(3) });
    const ending = { ...options, onSourceChange: 'fail' } as const;
    await failureOf(first.copy({ source: { url }, destination, options: ending }), 'SourceChanged');
    expect(await leftovers()).toEqual([]);
    origin.serve('/mixed.bin', { size: SIZE, etag: ETAG });
    await using second = open({ onEvent: changeAt(3) });
    await second.copy({ source: { url }, destination, options });
    expect(sha256(await readFile(destination))).toBe(sha256(patternBytes(0, SIZE, 2)));
    expect(await leftovers()).toEqual(['mixed.bin']);
  });
});

describe('copy to a pipe', () => {
  test('in order, in parallel, nothing stored', async () => {
    const url = origin.serve('/pipe.bin', { size: SIZE, etag: ETAG });
    const stdout = new PassThrough();
    await using local = open({ stdout });
    const [report, bytes] = await Promise.all([
      local
        .copy({ source: { url }, destination: '-', options: { pieceSizeBytes: 128 * 1024 } })
        .finally(() => stdout.end()),
      buffer(stdout),
    ]);
    expect(report.plan).toMatchObject({ mode: 'pieces' });
    expect(sha256(bytes)).toBe(sha256(patternBytes(0, SIZE)));
    expect(await local.list()).toEqual([]);
  });
});

test('status sees the pieces of a copy that runs elsewhere, and list says that it runs; a second copy is refused', async () => {
  const url = origin.serve('/seen.bin', { size: SIZE, etag: ETAG });
  const destination = join(folder, 'seen.bin');
  const seen = Promise.withResolvers<void>();
  let done = 0;
  await using elsewhere = open({
    onEvent: (event) => {
      if (event.type === 'piece.done' && ++done === 4) seen.resolve();
    },
    limitRate: 8 * MIB,
  });
  const options = { pieceSizeBytes: 256 * 1024, parallelism: 1 };
  const running = elsewhere.copy({ source: { url }, destination, options });
  await seen.promise;
  const [first] = await piecework.list();
  expect(first?.isRunning).toBe(true);
  const status = await piecework.status(first?.record.id ?? '');
  expect(status.pieces?.count).toBe(21);
  expect(status.pieces?.doneCount).toBeGreaterThanOrEqual(3);
  await failureOf(piecework.copy({ source: { url }, destination }), 'DestinationLocked');
  await running;
  expect(await leftovers()).toEqual(['seen.bin']);
});

test('a running copy notices that it was cancelled from elsewhere', async () => {
  const url = origin.serve('/cancelled.bin', { size: SIZE, etag: ETAG });
  await using elsewhere = open({
    onEvent: (event) => {
      if (event.type === 'piece.done' && event.pieceNumber === 2) void piecework.cancel(event.transferId);
    },
    limitRate: 1 * MIB,
  });
  const options = { pieceSizeBytes: 256 * 1024, parallelism: 1 };
  await failureOf(
    elsewhere.copy({ source: { url }, destination: join(folder, 'cancelled.bin'), options }),
    'Cancelled',
  );
  expect(await leftovers()).toEqual([]);
});

test('a misspelt key is refused, and not as if nothing had been said', async () => {
  const source = { url: origin.serve('/keys.bin', { size: SIZE, etag: ETAG }) };
  const misspelt = { source, dest: join(folder, 'keys.bin') };
  expect((await failureOf(piecework.copy(misspelt), 'InvalidOption')).message).toContain('has no "dest"');
  const options = { paralelism: 3 };
  const refused = await failureOf(
    piecework.copy({ source, destination: folder, options: options as object }),
    'InvalidOption',
  );
  expect(refused.message).toContain('options has no "paralelism"');
  expect(await leftovers()).toEqual([]);
});

test('a list has no more than is asked for, newest first, and may go by id', async () => {
  const url = origin.serve('/listed.bin', { size: 1000 });
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c'])
    ids.unshift((await piecework.copy({ source: { url }, destination: join(folder, name) })).transferId);
  const listed = async (query: Parameters<Local['list']>[0]) =>
    (await piecework.list(query)).map(({ record }) => record.id);
  expect(await listed({})).toEqual(ids);
  expect(await listed({ limit: 2 })).toEqual(ids.slice(0, 2));
  expect(await listed({ limit: 1, where: ({ id }) => id !== ids[0] })).toEqual([ids[1]]);
  expect(await listed({ idPrefix: ids[2] ?? '' })).toEqual([ids[2]]);
  expect(await listed({ idPrefix: 'NONE' })).toEqual([]);
});
