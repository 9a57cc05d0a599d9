import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CopyReport, Local, LocalOptions, PieceworkEvent } from '../../lib/index.ts';
import type { Home } from '../../lib/local/home/home.ts';
import { openHome } from '../../lib/local/home/home.ts';
import { localOf } from '../../lib/local/open.ts';
import { counted, Gate, Gauge, rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import { startS3Double } from '../support/s3-double.ts';

const MIB = 1024 ** 2;

let folder: string;
let origin: Origin;
let events: PieceworkEvent[];
/** Body memory at most, seen at each event. */
let mostBodyBytes: number;
let connections: Gauge;
let home: Home;
let piecework: Local;

function open(options: LocalOptions = {}): void {
  const own: LocalOptions = {
    stateDir: join(folder, 'state'),
    rescue: false,
    backoff: { baseMs: 10, capMs: 50 },
    onEvent(event) {
      events.push(event);
      mostBodyBytes = Math.max(mostBodyBytes, home.engine.bodyBytes);
    },
    ...options,
  };
  home = openHome(own, process.env, { sources: (sources) => counted(sources, connections) });
  piecework = localOf(home);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-many-'));
  await mkdir(join(folder, 'out'));
  origin = await startOrigin();
  events = [];
  mostBodyBytes = 0;
  connections = new Gauge();
  open();
});

afterEach(async () => {
  await piecework[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const out = (name = '') => join(folder, 'out', name);
const isOver = (id: string) => events.some((event) => event.type === 'completed' && event.transferId === id);

async function expectNothingLeft(): Promise<void> {
  expect(await readdir(join(folder, 'state', 'active')).catch(() => [])).toEqual([]);
  expect(await readdir(join(folder, 'state', 'locks')).catch(() => [])).toEqual([]);
  expect(home.engine.bodyBytes).toBe(0);
  expect(connections.now).toBe(0);
}

describe('500 transfers at once', () => {
  const COUNT = 500;
  const CONTENTS = [1, 2, 3, 4, 5].map((seed) => patternBytes(0, 5 * MIB, seed));
  const contentOf = (index: number) => CONTENTS[index % CONTENTS.length] ?? Buffer.alloc(0);

  test('share connections and body memory, bring the right bytes and leave nothing', { timeout: 300_000 }, async () => {
    const urls = Array.from({ length: COUNT }, (_, index) => origin.serve(`/${index}.bin`, rangesOf(contentOf(index))));
    const reports = await Promise.all(urls.map((url) => piecework.copy({ source: { url }, destination: out() })));
    expect(reports.map(({ fetchedBytes }) => fetchedBytes)).toEqual(urls.map(() => 5 * MIB));
    expect(await readdir(out())).toHaveLength(COUNT);
    for (let index = 0; index < COUNT; index += 1) {
      if (!(await readFile(out(`${index}.bin`))).equals(contentOf(index))) throw new Error(`${index}.bin is wrong`);
    }
    expect(connections.most).toBe(16);
    expect(mostBodyBytes).toBeGreaterThan(0);
    expect(mostBodyBytes).toBeLessThanOrEqual(16 * MIB);
    await expectNothingLeft();
  });
});

describe('transfers side by side', () => {
  /** A transfer of 64 pieces whose connections, all that the host bears, are held by a gate. */
  async function heldTransfer(signal?: AbortSignal) {
    const gate = new Gate();
    const bytes = patternBytes(0, 64 * 65_536);
    // The first look is let through: only pieces are held.
    const url = origin.serve(
      '/big.bin',
      rangesOf(bytes, async (range) => {
        if (range !== `bytes=0-${MIB - 1}`) await gate.pass();
      }),
    );
    const options = { parallelism: 16, pieceSizeBytes: 65_536 };
    const copying = piecework.copy({ source: { url }, destination: out('big.bin'), options }, signal);
    copying.catch(() => {});
    await vi.waitFor(() => expect(gate.waiting).toBe(16), { timeout: 20_000 });
    return { gate, bytes, copying };
  }

  test('a small one does not wait for the end of a large one that came first', async () => {
    const { gate, bytes, copying } = await heldTransfer();
    const small = piecework.copy({
      source: { url: origin.serve('/small.bin', { size: 1000 }) },
      destination: out('small.bin'),
    });
    gate.letOneGo();
    const report = await small;
    expect(gate.waiting).toBeGreaterThanOrEqual(15);
    expect(isOver(report.transferId)).toBe(true);
    gate.open();
    await copying;
    expect((await readFile(out('big.bin'))).equals(bytes)).toBe(true);
    expect(connections.most).toBe(16);
    await expectNothingLeft();
  });

  test('one that fails ends by itself, and the others go on', async () => {
    const { gate, copying } = await heldTransfer();
    const missing = piecework.copy({ source: { url: `${origin.base}/missing` }, destination: out('missing') });
    gate.letOneGo();
    await failureOf(missing, 'SourceNotFound');
    gate.open();
    await copying;
    expect(await readdir(out())).toEqual(['big.bin']);
    await expectNothingLeft();
  });

  test('one that is stopped has stopped when its copy rejects, and the others go on', async () => {
    const stopping = new AbortController();
    const { copying, gate } = await heldTransfer(stopping.signal);
    const other = piecework.copy({
      source: { url: origin.serve('/other.bin', { size: 3 * MIB }) },
      destination: out('other.bin'),
    });
    stopping.abort();
    await failureOf(copying, 'Interrupted');
    const { transferId } = await other;
    expect(isOver(transferId)).toBe(true);
    // What it had fetched stays for the next one to go on with; it holds neither connection nor lock.
    expect(connections.now).toBe(0);
    gate.open();
    const again = await piecework.copy({
      source: { url: `${origin.base}/big.bin` },
      destination: out('big.bin'),
      options: { parallelism: 16, pieceSizeBytes: 65_536 },
    });
    expect(again.result.sizeBytes).toBe(64 * 65_536);
    await expectNothingLeft();
  });

  test('a second one to the same place is refused, as by another process', async () => {
    const { copying, gate } = await heldTransfer();
    const second = piecework.copy({
      source: { url: origin.serve('/second.bin', { size: 1000 }) },
      destination: out('big.bin'),
    });
    gate.letOneGo();
    const { message } = await failureOf(second, 'DestinationLocked');
    expect(message).toContain(`process ${process.pid}`);
    gate.open();
    await copying;
  });

  test('those that wait for their turn can be stopped, and have asked nothing', async () => {
    await piecework[Symbol.asyncDispose]();
    open({ running: 1 });
    const { copying, gate } = await heldTransfer();
    const stopping = new AbortController();
    const url = origin.serve('/waiting.bin', { size: 1000 });
    const stopped = piecework.copy({ source: { url }, destination: out('waiting.bin') }, stopping.signal);
    const later = piecework.copy({ source: { url }, destination: out('later.bin') });
    stopping.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    expect(origin.requests.filter((request) => request.url === '/waiting.bin')).toEqual([]);
    gate.open();
    await Promise.all([copying, later]);
    await expectNothingLeft();
  });

  test('closing stops those that run, and those that wait', async () => {
    await piecework[Symbol.asyncDispose]();
    open({ running: 1 });
    const { copying } = await heldTransfer();
    const url = origin.serve('/waiting.bin', { size: 1000 });
    const waiting = piecework.copy({ source: { url }, destination: out('waiting.bin') });
    waiting.catch(() => {});
    await piecework[Symbol.asyncDispose]();
    await failureOf(copying, 'Interrupted');
    await failureOf(waiting, 'Interrupted');
    expect(connections.now).toBe(0);
  });

  test('a pipe takes one after the other', async () => {
    await piecework[Symbol.asyncDispose]();
    const pipe = new PassThrough();
    open({ stdout: pipe });
    const all = buffer(pipe);
    const contents = [1, 2, 3].map((seed) => patternBytes(0, 9 * MIB, seed));
    await Promise.all(
      contents.map((bytes, index) =>
        piecework.copy({ source: { url: origin.serve(`/${index}`, rangesOf(bytes)) }, destination: '-' }),
      ),
    );
    pipe.end();
    expect((await all).equals(Buffer.concat(contents))).toBe(true);
  });

  test('leave no listener at a signal that they share', async () => {
    const { signal } = new AbortController();
    const adding = vi.spyOn(signal, 'addEventListener');
    const removing = vi.spyOn(signal, 'removeEventListener');
    const url = origin.serve('/file.bin', { size: 3 * MIB });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        piecework.copy({ source: { url }, destination: out(`${index}.bin`) }, signal),
      ),
    );
    const left = new Map<unknown, number>();
    for (const [, listener] of adding.mock.calls) left.set(listener, 1);
    for (const [, listener] of removing.mock.calls) left.delete(listener);
    expect(left.size).toBe(0);
  });
});

test('40 transfers of two parts each to S3 share 96 MiB', { timeout: 120_000 }, async () => {
  await using store = await startS3Double();
  store.makeBucket('bucket');
  vi.stubEnv('AWS_ACCESS_KEY_ID', store.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', store.credentials.secretAccessKey);
  await piecework[Symbol.asyncDispose]();
  open({ s3: { endpointUrl: store.endpoint, region: store.region } });
  const bytes = patternBytes(0, 6 * MIB);
  const url = origin.serve('/file.bin', rangesOf(bytes));
  const reports: readonly CopyReport[] = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      piecework.copy({
        source: { url },
        destination: `s3://bucket/${index}`,
        options: { pieceSizeBytes: 5 * MIB },
      }),
    ),
  );
  for (const [index, { plan }] of reports.entries()) {
    expect(plan).toMatchObject({ mode: 'pieces', pieceCount: 2 });
    if (!(await store.object('bucket', String(index)))?.equals(bytes)) throw new Error(`${index} is wrong`);
  }
  expect(store.openUploads()).toEqual([]);
  expect(connections.most).toBeLessThanOrEqual(16);
  expect(mostBodyBytes).toBeLessThanOrEqual(96 * MIB);
  await expectNothingLeft();
});
