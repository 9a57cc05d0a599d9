import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Destination } from '../../../lib/destinations/s3/destination.ts';
import { SNAPSHOT } from '../../support/a-transfer.ts';
import { playStore } from '../../support/hostile-store-bench.ts';
import type { OnlyLoopback } from '../../support/only-loopback.ts';
import { onlyLoopback } from '../../support/only-loopback.ts';
import { call } from '../../support/reading.ts';
import { startS3Double } from '../../support/s3-double.ts';
import { INTO_STORES } from './store-rows/destination.ts';
import { LACKING } from './store-rows/lacking.ts';
import { FROM_STORES } from './store-rows/source.ts';

// Each row over real sockets, through the whole engine. Several at a time: most of them wait.

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'double', AWS_SECRET_ACCESS_KEY: 'double-secret' };
const before = { ...process.env };
let net: OnlyLoopback;
// Both for the whole file: a stub would end with the first of the tests that run side by side.
beforeAll(() => {
  net = onlyLoopback();
  Object.assign(process.env, CREDENTIALS);
});
afterAll(() => {
  net[Symbol.dispose]();
  for (const name of Object.keys(CREDENTIALS)) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

describe.concurrent('stores that are read', () => {
  for (const row of FROM_STORES) test(`${row.what}: ${row.outcome}`, () => playStore(row, 'read', net));
});

describe.concurrent('stores that are written to', () => {
  for (const row of INTO_STORES) test(`${row.what}: ${row.outcome}`, () => playStore(row, 'written', net));
});

describe.concurrent('stores that lack something', () => {
  for (const row of LACKING) test(`${row.what}: ${row.outcome}`, () => playStore(row, 'written', net));
});

test('a store that says another region each time is asked twice', async () => {
  await using store = await startS3Double();
  await using destination = s3Destination({ endpoint: store.endpoint, credentials: store.credentials });
  let asked = 0;
  const answer = (response: ServerResponse) => {
    asked += 1;
    response.writeHead(301, { 'x-amz-bucket-region': `elsewhere-${asked}` }).end();
  };
  store.fail({ operation: 'HeadObject', times: Number.POSITIVE_INFINITY, what: { kind: 'lie', answer } });
  const from = { bucket: 'bucket', key: 'source.bin', endpoint: store.endpoint };
  const refusal = await destination.serverSideCopy?.refusal(from, SNAPSHOT, call());
  expect(refusal).toContain('elsewhere-2');
  expect(asked).toBe(2);
});
