import { expect, test } from 'vitest';
import { httpSource } from '../../lib/sources/http/source.ts';
import { startOrigin } from '../support/origin.ts';
import { sendResource } from '../support/origin-resource.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

const SIZE = 10_000;
const RANGE = { start: 0, end: 100 };

/** Each answer says how many requests are left. */
async function limited(remaining: (number: number) => number, resetSeconds: number) {
  const origin = await startOrigin();
  const url = origin.serve('/file.bin', (request, response, logged) => {
    response.setHeader('ratelimit', `"default";r=${remaining(origin.requests.length)};t=${resetSeconds}`);
    return sendResource({ size: SIZE }, request, response, logged);
  });
  let now = 1_000_000;
  const source = httpSource({ now: () => now });
  const probed = await source.probe({ url }, 1, call());
  await probed[Symbol.asyncDispose]();
  return {
    origin,
    open: () => source.open({ url }, probed.snapshot, RANGE, call()),
    pass(ms: number) {
      now += ms;
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

test('a good answer that says that nothing is left: the next question waits, unasked', async () => {
  await using server = await limited((number) => (number === 1 ? 0 : 5), 30);
  const error = await failureOf(server.open(), 'SourceBusy');
  expect(error.details).toMatchObject({ retryAfterMs: 30_000, postponed: true });
  expect(server.origin.requests).toHaveLength(1);
  server.pass(29_999);
  expect((await failureOf(server.open(), 'SourceBusy')).details.retryAfterMs).toBe(1);
  server.pass(1);
  await using reader = await server.open();
  expect(await readAll(reader)).toHaveLength(100);
  await using again = await server.open();
  expect(await readAll(again)).toHaveLength(100);
});

test('that is obeyed for a minute at most: a server that means more says 429', async () => {
  await using server = await limited(() => 0, 3_600);
  expect((await failureOf(server.open(), 'SourceBusy')).details.retryAfterMs).toBe(60_000);
  server.pass(60_000);
  await using reader = await server.open();
  expect(await readAll(reader)).toHaveLength(100);
});
