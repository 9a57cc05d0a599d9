import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { filesUnder } from '../support/files-under.ts';
import { heldSource } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { redirect, startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';

// A dry run on a server: a real source is asked, and nothing is left of it.

const MIB = 1024 ** 2;

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-dry-run-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('says what would come, and makes, fetches and stores nothing', async () => {
  const size = 40 * MIB;
  origin.serve('/real/disk.iso', { size, etag: '"v7"', headers: { 'content-type': 'application/x-iso' } });
  const url = origin.serve('/disk', redirect('/real/disk.iso?sig=SECRETVALUE'));
  await using server = await startServer(folder);
  const { features } = await server.client.service();
  expect(features).toContain('dryRun');
  const answer = await server.client.dryRun({
    source: { url },
    destination: `${folder}/new/`,
    options: { pieceSizeBytes: 4 * MIB },
  });
  expect(answer).toEqual({
    source: { url, withheld: false },
    finalUrl: `${origin.base}/real/disk.iso?sig=***`,
    httpStatus: 206,
    snapshot: {
      host: new URL(url).host,
      redirectHosts: [new URL(url).host],
      sizeBytes: size,
      ranges: true,
      validator: { kind: 'strong', value: '"v7"' },
      contentType: 'application/x-iso',
      name: 'disk.iso',
      digests: {},
    },
    destination: { kind: 'file', path: join(folder, 'new', 'disk') },
    exists: false,
    plan: { mode: 'pieces', sizeBytes: size, pieceSizeBytes: 4 * MIB, pieceCount: 10 },
    warnings: [],
  });
  expect((await server.client.list()).transfers).toEqual([]);
  const left = await filesUnder(folder);
  expect(left.filter((path) => !path.includes('/state/server/'))).toEqual([]);
});

test('knows what is there, who works on it, and how long it would take by what came before', async () => {
  const { gate, url } = heldSource(origin, patternBytes(0, 10 * MIB));
  await using server = await startServer(folder);
  await writeFile(join(folder, 'there.bin'), 'before');
  const there = await server.client.dryRun({ source: { url }, destination: `${folder}/there.bin` });
  expect(there).toMatchObject({ exists: true, warnings: [] });
  expect(there.estimate).toBeUndefined();

  const destination = join(folder, 'out.bin');
  const request = { source: { url }, destination, options: { pieceSizeBytes: MIB, parallelism: 2 } };
  const { id } = await server.client.submit(request);
  await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), { timeout: 20_000 });
  expect(await server.client.dryRun(request)).toMatchObject({
    warnings: [expect.stringContaining('another transfer is at work on this place')],
  });
  gate.open();
  await server.untilEnded(id);
  const { estimate } = await server.client.dryRun({ ...request, destination: join(folder, 'again.bin') });
  expect(estimate?.bytesPerSecond).toBeGreaterThan(0);
  expect(estimate?.seconds).toBe(Math.ceil((10 * MIB) / (estimate?.bytesPerSecond ?? 0)));
  // No faster than what holds for all.
  await server.client.limit({ limitRate: '1KiB' });
  const limited = await server.client.dryRun({ ...request, destination: join(folder, 'again.bin') });
  expect(limited.estimate).toEqual({ bytesPerSecond: 1024, seconds: 10_240 });
});

test('answers what would end the transfer, and waits for no turn', async () => {
  const held = heldSource(origin, patternBytes(0, 10 * MIB));
  await using server = await startServer(folder, ['--listen', '127.0.0.1:0', '--running', '1']);
  const options = { pieceSizeBytes: MIB, parallelism: 1 };
  await server.client.submit({ source: { url: held.url }, destination: join(folder, 'held.bin'), options });
  await vi.waitFor(() => expect(held.gate.waiting).toBeGreaterThan(0), { timeout: 20_000 });
  const url = origin.serve('/small.bin', { size: 1000 });
  const dryRun = (source: string, destination = `${folder}/a.bin`, further = {}) =>
    server.client.dryRun({ source: { url: source }, destination, options: further });
  expect(await dryRun(url)).toMatchObject({ plan: { mode: 'single', sizeBytes: 1000 } });
  await expect(dryRun(`${origin.base}/missing?sig=SECRETVALUE`)).rejects.toMatchObject({
    code: 'SourceNotFound',
    message: expect.not.stringContaining('SECRETVALUE'),
  });
  await expect(dryRun(url, undefined, { expect: { sizeBytes: 999 } })).rejects.toMatchObject({
    code: 'UnexpectedSize',
  });
  await expect(dryRun(url, `${folder}/none/a.bin`)).rejects.toMatchObject({ code: 'DestinationMissing' });
  await expect(dryRun(url, 'a.bin')).rejects.toMatchObject({ code: 'InvalidDestination' });
  await expect(dryRun(url.replace('http:', 'gopher:'))).rejects.toMatchObject({ code: 'UnsupportedScheme' });
  held.gate.open();
});
