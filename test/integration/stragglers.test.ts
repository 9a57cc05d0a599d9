import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Local, LocalOptions, PieceworkEvent } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { sendResource } from '../support/origin-resource.ts';
import { patternBytes } from '../support/pattern.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

const MIB = 1024 ** 2;
const SIZE = 20 * MIB + 321;
const PIECES = { pieceSizeBytes: MIB, parallelism: 4 };
const SLOW = 3;

let folder: string;
let origin: Origin;
let store: S3Double;
let events: PieceworkEvent[];
let piecework: Local;

function open(options: LocalOptions = {}): Local {
  const s3 = { endpointUrl: store.endpoint, region: 'us-east-1' };
  return openLocal({ stateDir: join(folder, 'state'), s3, onEvent: (event) => events.push(event), ...options });
}

/** One of its connections gives 4 KiB/s, with which a piece would take four minutes. */
function serveWithOneSlow(path: string, size: number): string {
  return origin.serve(path, async (request, response, logged) => {
    const speed = logged.connection === SLOW ? { bytesPerSecond: 4096 } : {};
    await sendResource({ size, ...speed }, request, response, logged);
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-stragglers-'));
  origin = await startOrigin();
  store = await startS3Double({ minPartBytes: 1024 });
  store.makeBucket('bucket');
  vi.stubEnv('AWS_ACCESS_KEY_ID', store.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', store.credentials.secretAccessKey);
  events = [];
  piecework = open();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await piecework[Symbol.asyncDispose]();
  await Promise.all([origin[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['file', MIB],
  ['s3', 5 * MIB],
] as const)(
  'a piece on a slow connection ends on another one, and the slow one is closed: to %s',
  async (kind, pieceSizeBytes) => {
    const size = 12 * pieceSizeBytes + 321;
    const url = serveWithOneSlow('/big.bin', size);
    const path = join(folder, 'big.bin');
    const destination = kind === 'file' ? path : 's3://bucket/big.bin';
    await piecework.copy({ source: { url }, destination, options: { ...PIECES, pieceSizeBytes } });

    const stored = kind === 'file' ? await readFile(path) : await store.object('bucket', 'big.bin');
    expect(stored?.equals(patternBytes(0, size))).toBe(true);
    const rescued = events.filter((event) => event.type === 'piece.rescued');
    expect(rescued).toHaveLength(1);
    // It was given one piece, and no other after it.
    const [slow, ...others] = origin.requests.filter(({ connection }) => connection === SLOW);
    expect(others).toEqual([]);
    // The rescue asked for what was lacking, under the same condition.
    const end = slow?.headers['range']?.split('-')[1];
    const [rescue] = origin.requests.filter(({ headers }) => headers['range']?.split('-')[1] === end).slice(1);
    expect(rescue?.headers['if-range']).toBe('"v1"');
    expect(rescue?.connection).not.toBe(SLOW);
    const restBytes = Number(end) + 1 - Number(/\d+/.exec(rescue?.headers['range'] ?? '')?.[0]);
    expect(rescued).toMatchObject([{ restBytes }]);
    expect(events.filter(({ type }) => type === 'piece.failed' || type === 'piece.requeued')).toEqual([]);
    expect(events.filter(({ type }) => type === 'piece.done')).toHaveLength(13);
  },
);

test('a rescue that meets another version changes nothing; the next piece that is asked for tells', async () => {
  let rescues = 0;
  const url = origin.serve('/big.bin', async (request, response, logged) => {
    const start = Number(/^bytes=(\d+)/.exec(request.headers.range ?? '')?.[1]);
    const isRescue = start % MIB !== 0;
    rescues += isRescue ? 1 : 0;
    const speed = logged.connection === SLOW ? { bytesPerSecond: 256 * 1024 } : {};
    await sendResource({ size: SIZE, etag: isRescue ? '"v2"' : '"v1"', ...speed }, request, response, logged);
  });
  const path = join(folder, 'big.bin');
  await piecework.copy({ source: { url }, destination: path, options: PIECES });
  expect(rescues).toBeGreaterThan(0);
  expect((await readFile(path)).equals(patternBytes(0, SIZE))).toBe(true);
});

test('nothing is rescued where that is not wanted', async () => {
  await using plain = open({ rescue: false });
  const url = origin.serve('/big.bin', async (request, response, logged) => {
    const speed = logged.connection === SLOW ? { bytesPerSecond: 256 * 1024 } : {};
    await sendResource({ size: SIZE, ...speed }, request, response, logged);
  });
  await plain.copy({ source: { url }, destination: join(folder, 'big.bin'), options: PIECES });
  expect(events.filter(({ type }) => type === 'piece.rescued')).toEqual([]);
  expect(origin.requests).toHaveLength(22);
});
