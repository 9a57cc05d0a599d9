import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { largeTransferId } from '../../lib/transfer/batch/fleet/large-id.ts';
import type { Outcome } from '../../lib/transfer/batch/outcome.ts';
import { outcomesIn } from '../support/outcomes.ts';
import { PREFIX } from './pipeline.ts';
import { cloud, here, MIB, origin, pipeline, SECRET, serve } from './suite.ts';

interface Entry {
  /** Of its file at the source and at the destination. */
  readonly name: string;
  readonly size: number;
}

const SEED = 11;

const files = (count: number, size: (index: number) => number): readonly Entry[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${index}.bin`, size: size(index) }));

async function submit(folder: string, entries: readonly Entry[], options: object = {}): Promise<string> {
  const urls = entries.map(({ name }) => `${origin.base}/${folder}/${name}?token=${SECRET}`);
  const request = {
    entries: urls.map((url) => ({ sources: [url] })),
    destination: { bucket: pipeline.buckets.target, prefix: `${PREFIX}${folder}/` },
    options,
  };
  const { status, body } = await pipeline.call('POST', '/v1/batches', request, { 'idempotency-key': randomUUID() });
  expect([status, body]).toEqual([202, expect.objectContaining({ status: 'accepted' })]);
  return String(body['id']);
}

/** All that the pages of a path list under `name`. */
async function pages(path: string, name: string): Promise<readonly Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await pipeline.call('GET', `${path}${cursor}`);
    all.push(...(body[name] as Record<string, unknown>[]));
    if (body['nextCursor'] === undefined) return all;
    cursor = `&cursor=${encodeURIComponent(String(body['nextCursor']))}`;
  }
}

/** What the report at the destination says of each entry, in the order of the list. */
async function report(folder: string, id: string): Promise<readonly Outcome[]> {
  const Key = `${PREFIX}${folder}/piecework-report-${id}.jsonl`;
  const { Body } = await pipeline.s3.send(new GetObjectCommand({ Bucket: pipeline.buckets.target, Key }));
  return outcomesIn((await Body?.transformToString()) ?? '');
}

async function prove(folder: string, entries: readonly Entry[]): Promise<void> {
  const queue = [...entries];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      await pipeline.prove(`${folder}/${next.name}`, next.size, SEED);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** What was asked of S3 for a batch: its documents, its objects, and its large entries, each of which is a transfer. */
async function requestsOf(id: string, folder: string, large: readonly number[]): Promise<readonly string[]> {
  const ours = [id, `/${PREFIX}${folder}/`, ...large.map((entry) => largeTransferId(id, 1, entry))];
  return ((await cloud.s3Requests?.()) ?? []).filter((line) => ours.some((name) => line.includes(name)));
}

/** How many there are of each kind. */
function byKind(requests: readonly string[]): Readonly<Record<string, number>> {
  const kinds = Map.groupBy(requests, (line) => {
    const [method, path = '', ...query] = line.split(' ');
    const [, , folder] = path.split('/');
    return [method, folder, ...query.filter((name) => !name.startsWith('x-'))].join(' ');
  });
  return Object.fromEntries([...kinds].map(([kind, lines]) => [kind, lines.length]));
}

/** By those who wait for the batch, for its large entries and for places: the slower the machine, the more of these. */
const isAskedByTheSecond = (line: string) => /^(GET \S*\/(batches|boards|transfers)|PUT \S*\/boards)\//.test(line);

const asked = (path: string) => origin.requests.filter(({ url }) => url.startsWith(`${path}?`)).length;

describe.runIf(here)('batches, all at the same time', { concurrent: true }, () => {
  test('300 small entries and 3 large ones arrive whole, with one outcome each, and a report beside them', async () => {
    const entries = files(303, (index) => (index % 100 === 50 ? 12 * MIB + index : 1000 + index));
    for (const { name, size } of entries) serve(`many/${name}`, size, SEED);
    const startedAt = Date.now();
    const id = await submit('many', entries);
    const done = await pipeline.untilBatch(id, 'completed');
    const seconds = (Date.now() - startedAt) / 1000;
    const found = await requestsOf(id, 'many', [51, 151, 251]);
    console.log(
      `300 small entries and 3 large ones: ${seconds.toFixed(1)} s, ${found.length} requests at S3`,
      byKind(found),
    );
    if (cloud.s3Requests !== undefined) expect(found.length).toBeGreaterThan(303);
    // One put each, at most one look each where a shard changed hands, and the documents of the batch.
    expect(found.filter((line) => !isAskedByTheSecond(line)).length).toBeLessThan(750);
    expect(done).toMatchObject({ counters: { done: 303, unchanged: 0, failed: 0, cancelled: 0 }, failures: [] });
    await prove('many', entries);
    const numbers = entries.map((_, index) => index + 1);
    const reported = await report('many', id);
    expect(reported.map(({ entry, kind }) => `${entry} ${kind}`)).toEqual(numbers.map((number) => `${number} done`));
    const paged = await pages(`/v1/batches/${id}/outcomes?limit=200`, 'outcomes');
    expect(paged.map(({ entry }) => Number(entry)).sort((a, b) => a - b)).toEqual(numbers);
    expect(JSON.stringify([done, reported, paged])).not.toContain(SECRET);
    expect(await pages(`/v1/transfers?batch=${id}`, 'transfers')).toHaveLength(3);
    // Again: what is there and has not changed is left alone.
    const again = await pipeline.untilBatch(await submit('many', entries), 'completed');
    expect(again).toMatchObject({ counters: { done: 0, unchanged: 303 } });
  });

  test('one that is cancelled in the middle has an outcome for each entry, and a retry brings what is missing', async () => {
    const entries = files(40, () => 300_000);
    for (const { name, size } of entries)
      origin.serve(`/stopped/${name}`, { size, seed: SEED, bytesPerSecond: 30_000 });
    const id = await submit('stopped', entries, { perHost: 4 });
    while (asked('/stopped/3.bin') === 0) await sleep(100);
    const { status } = await pipeline.call('POST', `/v1/batches/${id}/cancel`);
    expect(status).toBe(202);
    const { counters } = (await pipeline.untilBatch(id, 'cancelled')) as { counters: Record<string, number> };
    const { done = 0, cancelled = 0, failed } = counters;
    expect([done + cancelled, failed]).toEqual([40, 0]);
    expect(cancelled).toBeGreaterThan(0);
    for (const { name, size } of entries) serve(`stopped/${name}`, size, SEED);
    expect((await pipeline.call('POST', `/v1/batches/${id}/retry`)).status).toBe(202);
    const whole = (await pipeline.untilBatch(id, 'completed')) as { counters: Record<string, number> };
    expect(whole.counters['done']).toBe(40);
    await prove('stopped', entries);
  });

  test('what failed is named with its cause, and a retry asks for it and for nothing else', async () => {
    const entries = files(20, (index) => 5000 + index);
    const missing = entries.filter((_, index) => index % 7 === 3);
    for (const { name, size } of entries) serve(`gaps/${name}`, size, SEED);
    for (const { name } of missing) origin.remove(`/gaps/${name}`);
    const id = await submit('gaps', entries);
    expect(await pipeline.untilBatch(id, 'completed')).toMatchObject({
      counters: { done: 17, failed: 3 },
      failures: [{ code: 'SourceNotFound', count: 3 }],
    });
    for (const { name, size } of missing) serve(`gaps/${name}`, size, SEED);
    expect((await pipeline.call('POST', `/v1/batches/${id}/retry`)).status).toBe(202);
    expect(await pipeline.untilBatch(id, 'completed')).toMatchObject({ run: 2, counters: { done: 20, failed: 0 } });
    await prove('gaps', entries);
    expect(entries.filter((entry) => !missing.includes(entry)).map(({ name }) => asked(`/gaps/${name}`))).toEqual(
      Array.from({ length: 17 }, () => 1),
    );
    expect((await report('gaps', id)).map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'done'));
  });
});
