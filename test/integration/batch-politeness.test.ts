import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench } from '../support/batch-bench.ts';
import type { Handler } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';

// The real command line at servers that allow few connections: what is refused is counted, not how long it takes.

const PLACES = 4;
const SIZE = 100;

let bench: BatchBench;

beforeEach(async () => {
  bench = await batchBench();
});

afterEach(() => bench[Symbol.asyncDispose]());

/** So many files behind one server, as a list. */
async function listOf(folder: string, count: number, answer: (index: number) => Handler): Promise<string> {
  const urls = Array.from({ length: count }, (_, index) => bench.origin.serve(`/${folder}/${index}`, answer(index)));
  return await bench.listFile(urls, `${folder}.txt`);
}

async function expectAll(folder: string, count: number): Promise<void> {
  const wrong: number[] = [];
  for (let index = 0; index < count; index += 1)
    if (!patternBytes(0, SIZE, index).equals(await readFile(bench.out(folder, String(index))))) wrong.push(index);
  expect(wrong).toEqual([]);
}

async function bring(list: string, folder: string): Promise<void> {
  const { exitCode, stderr } = await bench.run('batch', list, bench.out(folder), '--quiet', '--skip-report');
  expect([exitCode, stderr]).toEqual([0, '']);
}

const answerOf: (index: number) => Handler = (index) => async (_request, response) => {
  await sleep(2);
  const headers = { 'content-length': SIZE, etag: '"v"' };
  response.writeHead(200, headers).end(patternBytes(0, SIZE, index));
};

/** The statuses of all requests from the so manieth on. */
const statuses = (from = 0): readonly number[] => bench.origin.requests.slice(from).map(({ status }) => status);
const refusedOf = (all: readonly number[]): number => all.filter((status) => status === 429).length;

/** Some are on their way before the first is refused. */
const LEARNED = 100;

test('a server of four connections refuses fewer than 2 % once that is learned, and next to none of the next batch', async () => {
  const COUNT = 1200;
  const admitted = new Set<Socket>();
  const answer = (index: number): Handler => {
    const answerWell = answerOf(index);
    return async (request, response, logged) => {
      const { socket } = request;
      if (!admitted.has(socket)) {
        if (admitted.size >= PLACES) return void response.writeHead(429, { connection: 'close' }).end();
        admitted.add(socket);
        socket.once('close', () => admitted.delete(socket));
      }
      await answerWell(request, response, logged);
    };
  };
  await bring(await listOf('first', COUNT, answer), 'first');
  await expectAll('first', COUNT);
  const first = statuses();
  expect(refusedOf(first)).toBeGreaterThan(0);
  expect(refusedOf(first.slice(LEARNED))).toBeLessThan(0.02 * COUNT);
  await bring(await listOf('next', 400, answer), 'next');
  await expectAll('next', 400);
  expect(refusedOf(statuses(first.length))).toBeLessThan(0.01 * 400);
}, 300_000);

test('two batches share the places that are known of one host: both get through, and next to nothing is refused', async () => {
  const COUNT = 400;
  let open = 0;
  const answer = (index: number): Handler => {
    const answerWell = answerOf(index);
    return async (request, response, logged) => {
      if (open >= PLACES) return void response.writeHead(429).end();
      open += 1;
      await answerWell(request, response, logged);
      open -= 1;
    };
  };
  await bring(await listOf('before', 200, answer), 'before');
  const before = statuses().length;
  const folders = ['one', 'other'];
  const lists = await Promise.all(folders.map((folder) => listOf(folder, COUNT, answer)));
  await Promise.all(lists.map((list, index) => bring(list, folders[index] ?? '')));
  for (const folder of folders) await expectAll(folder, COUNT);
  expect(refusedOf(statuses(before))).toBeLessThan(0.02 * 2 * COUNT);
}, 300_000);
