import { afterEach, beforeEach, expect, it } from 'vitest';
import { onPlannerMessage } from '../../lib/aws/stages/planner.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import { loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import { sourcesByScheme } from '../../lib/sources/sources.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import type { BatchFleet } from '../support/batch-fleet.ts';
import { startBatchFleet } from '../support/batch-fleet.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';

// Sources that come on one connection have a queue and workers of their own, on the code of the functions: here two of
// them, beside four planners.

const MIB = 1024 ** 2;
const STREAMS = 10;

let origin: Origin;
let store: S3Double;
let fleet: BatchFleet;
let release: () => void;
let released: Promise<void>;

beforeEach(async () => {
  origin = await startOrigin();
  store = await startS3Double({});
  store.makeBucket('bucket');
  const { endpoint, region, credentials } = store;
  fleet = startBatchFleet(sourcesByScheme([httpSource({})]), s3Destination({ endpoint, region, credentials }));
  released = new Promise((resolve) => {
    release = resolve;
  });
});

afterEach(async () => {
  release();
  await fleet[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

async function bring(name: string, url: string): Promise<TransferRecord> {
  const destination = { kind: 's3', bucket: 'bucket', key: `in/${name}`, endpoint: store.endpoint } as const;
  return await submit(fleet.ports, {
    source: { url },
    destination,
    object: {},
    options: DEFAULT_OPTIONS,
    owner: 'ann',
  });
}

/** Without a length or ranges: its first half, and the second when it is let go on. */
function held(name: string): string {
  return origin.serve(`/${name}`, async (_request, response) => {
    response.writeHead(200);
    response.write(patternBytes(0, 3 * MIB));
    await released;
    response.end(patternBytes(3 * MIB, 3 * MIB));
  });
}

/** Waits as long as it takes; the test's own time-out is the bound. */
async function until(id: string, isSo: (record: TransferRecord) => boolean): Promise<TransferRecord> {
  for (;;) {
    const record = (await loadTransfer(fleet.ports, id))?.record;
    if (record !== undefined && isSo(record)) return record;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('ten streams that are held up stop no plan, no small file and no piece', async () => {
  const streams = await Promise.all(
    Array.from({ length: STREAMS }, (_, index) => bring(`s${index}`, held(`s${index}`))),
  );
  for (const { id } of streams) await until(id, ({ status }) => status !== 'accepted');
  const others = [
    await bring('small', origin.serve('/small', { size: 1000, seed: 1 })),
    await bring('large', origin.serve('/large', { size: 12 * MIB, seed: 1 })),
  ];
  for (const { id } of others) expect((await until(id, ({ announced }) => announced)).status).toBe('completed');
  const waiting = await Promise.all(streams.map(async ({ id }) => (await loadTransfer(fleet.ports, id))?.record));
  expect(waiting.every((record) => record?.status === 'planning' || record?.status === 'transferring')).toBe(true);
  release();
  for (const { id } of streams) {
    const record = await until(id, ({ announced }) => announced);
    expect(record).toMatchObject({ status: 'completed', result: { sizeBytes: 6 * MIB } });
    expect(record.awaitsStream).toBeUndefined();
  }
}, 60_000);

it('a message that comes again does not take a running stream over; a plan message sends on what waits', async () => {
  const { id } = await bring('one', held('one'));
  // The source is asked by the planner, and once more by the worker that brings it.
  const running = await until(id, ({ creating }) => creating.length > 0 && origin.requests.length >= 2);
  const { signal } = new AbortController();
  await onPlannerMessage(fleet.ports, { kind: 'stream', v: 1, transferId: id, planId: 'before' }, signal);
  expect((await loadTransfer(fleet.ports, id))?.record.planId).toBe(running.planId);
  release();
  expect((await until(id, ({ announced }) => announced)).status).toBe('completed');
}, 60_000);

it('a plan message of an older version, or of the tick, sends on what waits for its worker', async () => {
  const sent: unknown[] = [];
  const streams = {
    send: async (messages: readonly { body: unknown }[]) => void sent.push(...messages.map(({ body }) => body)),
  };
  const ports = { ...fleet.ports, queues: { ...fleet.ports.queues, planner: { send: async () => {} }, streams } };
  const destination = { kind: 's3', bucket: 'bucket', key: 'in/two', endpoint: store.endpoint } as const;
  const asked = { destination, object: {}, options: DEFAULT_OPTIONS, owner: 'ann' };
  const { id } = await submit(ports, { ...asked, source: { url: held('two') } });
  const { signal } = new AbortController();
  await onPlannerMessage(ports, { kind: 'plan', v: 1, transferId: id }, signal);
  const record = (await loadTransfer(ports, id))?.record;
  expect(record).toMatchObject({ status: 'planning', awaitsStream: true, creating: [] });
  const requests = origin.requests.length;
  await onPlannerMessage(ports, { kind: 'plan', v: 1, transferId: id }, signal);
  // The same, and the source was not asked again.
  const task = { kind: 'stream', v: 1, transferId: id, planId: record?.planId };
  expect([sent, origin.requests.length]).toEqual([[task, task], requests]);
}, 60_000);
