import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLocal } from '../../../lib/index.ts';
import type { Handler, Origin } from '../../support/origin.ts';
import { startOrigin } from '../../support/origin.ts';
import { sendResource } from '../../support/origin-resource.ts';
import { patternBytes } from '../../support/pattern.ts';

const PIECE_BYTES = 16 * 1024;
const PIECES = 1_200;
const SIZE = PIECES * PIECE_BYTES;
const ALLOWED = 4;

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-polite-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Serves four at a time, and answers 429 to the fifth. What it saw, in order. */
function allowingFour(size: number): {
  readonly handler: Handler;
  readonly refused: boolean[];
  readonly most: () => number;
} {
  const refused: boolean[] = [];
  let atWork = 0;
  let most = 0;
  const handler: Handler = async (request, response, logged) => {
    const isRefused = atWork >= ALLOWED;
    refused.push(isRefused);
    if (isRefused) {
      response.writeHead(429).end('four at a time');
      return;
    }
    atWork += 1;
    most = Math.max(most, atWork);
    await sleep(5);
    // Before the answer is sent: a client that has all of it may ask again before this server hears that it was taken.
    atWork -= 1;
    await sendResource({ size }, request, response, logged);
  };
  return { handler, refused, most: () => most };
}

const open = () =>
  openLocal({ stateDir: join(folder, 'state'), backoff: { baseMs: 100, capMs: 1_000 }, http: { proxy: {} } });

/** What is remembered of the origin. */
async function remembered(): Promise<unknown> {
  const [name = ''] = await readdir(join(folder, 'state', 'hosts'));
  return (JSON.parse(await readFile(join(folder, 'state', 'hosts', name), 'utf8')) as { value: unknown }).value;
}

const share = (refused: readonly boolean[]): number => refused.filter(Boolean).length / refused.length;

describe('a server that bears four connections and answers 429 to the fifth', () => {
  const options = { pieceSizeBytes: PIECE_BYTES, parallelism: 8 };

  test('is left with as many, and after that hardly refuses; the next transfer knows it from the start', async () => {
    const four = allowingFour(SIZE);
    const url = origin.serve('/file.bin', four.handler);
    await using piecework = open();
    await piecework.copy({ source: { url }, destination: join(folder, 'one.bin'), options });
    expect((await readFile(join(folder, 'one.bin'))).equals(patternBytes(0, SIZE))).toBe(true);
    expect(four.most()).toBe(ALLOWED);
    expect(four.refused.filter(Boolean).length).toBeGreaterThan(0);
    // Learned once what was sent at the start has come: twice the workers, and again those that were refused.
    expect(share(four.refused.slice(4 * options.parallelism))).toBeLessThan(0.02);
    // One more may just have been tried. Where the machine is so busy that what was sent at the start takes seconds to
    // come in, its refusals are taken for those of half as many: from there it has one more after the other.
    expect(await remembered()).toMatchObject({
      ceiling: expect.toSatisfy((ceiling: number) => ceiling >= ALLOWED / 2 && ceiling <= ALLOWED + 1),
    });

    const again = allowingFour(SIZE);
    const second = origin.serve('/again.bin', again.handler);
    await piecework.copy({ source: { url: second }, destination: join(folder, 'two.bin'), options });
    expect((await readFile(join(folder, 'two.bin'))).equals(patternBytes(0, SIZE))).toBe(true);
    expect(share(again.refused)).toBeLessThan(0.02);
  }, 240_000);

  test('is divided by two processes that copy from it, which know how many it bears', async () => {
    const size = SIZE / 3;
    const { handler, refused, most } = allowingFour(size);
    const [first = '', ...both] = ['/a.bin', '/b.bin', '/c.bin'].map((path) => origin.serve(path, handler));
    await using one = open();
    await one.copy({ source: { url: first }, destination: join(folder, 'first.bin'), options });
    const before = refused.length;
    await using other = open();
    const copies = both.map(async (url, index) => {
      const destination = join(folder, `${index}.bin`);
      await (index === 0 ? one : other).copy({ source: { url }, destination, options });
      return (await readFile(destination)).equals(patternBytes(0, size));
    });
    expect(await Promise.all(copies)).toEqual([true, true]);
    expect(most()).toBe(ALLOWED);
    expect(share(refused.slice(before))).toBeLessThan(0.02);
    await one[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    expect(await remembered()).toMatchObject({ sharers: {} });
  }, 240_000);
});
