import { describe, expect, it } from 'vitest';
import type { BatchDetail, BatchPage, OutcomePage } from '../../lib/api/schemas/batches/answers.ts';
import type { TransferPage } from '../../lib/api/schemas/transfer.ts';
import { changeBatch } from '../../lib/pipeline/shared/batches/fleet.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { BatchRecord } from '../../lib/transfer/batch/batch-record.ts';
import { ended } from '../../lib/transfer/batch/batch-transitions.ts';
import type { Board } from '../../lib/transfer/batch/fleet/board.ts';
import type { Outcome } from '../../lib/transfer/batch/outcome.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import { NOW } from '../support/a-transfer.ts';
import type { ApiBench } from '../support/api-bench.ts';
import { apiBench, ID, problemOf } from '../support/api-bench.ts';
import { EACH_OF_READING } from '../support/each-of-reading.ts';

const GOOD = {
  entries: [{ sources: ['https://origin.example/a.bin?sig=SECRET'], name: 'a.bin', sizeBytes: 4 }],
  destination: { bucket: 'bucket', prefix: 'in/' },
};
const OTHER = '01JZ8QH5X3M9V7T2B4N6K8R0CE';
const never = '2027-01-01T00:00:00.000Z';

const detailOf = async (answer: Response) => (await answer.json()) as BatchDetail;
const pathOf = (id: string, more = '') => `/v1/batches/${id}${more}`;

async function stored(bench: ApiBench, id: string): Promise<BatchRecord> {
  const found = await bench.records.get(KEYS.batch(id));
  if (found === undefined) throw new Error(`there is no batch ${id}`);
  return found.value;
}

async function submitted(bench: ApiBench): Promise<string> {
  return (await detailOf(await bench.post('/v1/batches', GOOD))).id;
}

function outcome(entry: number, kind: Outcome['kind']): Outcome {
  const error = { code: 'SourceNotFound', message: 'https://origin.example/x: there is nothing' } as const;
  return {
    entry,
    kind,
    name: `${entry}.bin`,
    source: 'https://origin.example/x',
    ...(kind === 'failed' ? { error } : {}),
  };
}

describe('POST /v1/batches', () => {
  it('takes a list on: sealed as it is, shown without its secrets', async () => {
    const bench = apiBench({ basePathOf: () => '/prod' });
    const answer = await bench.post('/v1/batches', {
      ...GOOD,
      source: { headers: { 'X-Token': 'SECRET' } },
      options: { maxFailures: { percent: 5 }, perHost: 4, report: false },
    });
    expect(answer.status).toBe(202);
    const batch = await detailOf(answer);
    expect(batch).toMatchObject({ status: 'accepted', owner: 'somebody', run: 1, list: { from: 'the request' } });
    expect(answer.headers.get('location')).toBe(`/prod/v1/batches/${batch.id}`);
    expect(batch.links.transfers).toBe(`/prod/v1/transfers?batch=${batch.id}`);
    expect(await stored(bench, batch.id)).toMatchObject({
      place: { kind: 's3', bucket: 'bucket', key: 'in/' },
      options: { ifExists: 'if-changed', maxAttempts: 5, perHost: 4, maxFailures: { percent: 5 } },
      reportTo: false,
    });
    expect(await bench.ports.fleet.sealed.unseal(`batches/${batch.id}/list`)).toMatchObject({
      list: { kind: 'inline', entries: GOOD.entries },
      source: { headers: { 'x-token': 'SECRET' } },
    });
    expect(bench.sent).toEqual(['plan-batch']);
    expect(bench.answered.at(-1)).toMatchObject({ batchId: batch.id, route: '/v1/batches' });
    expect(JSON.stringify([batch, await stored(bench, batch.id), bench.events, bench.answered])).not.toContain(
      'SECRET',
    );
  });

  it('takes a list by its URL, asks whether that may be contacted, and shows it without its query', async () => {
    const asked: string[] = [];
    const bench = apiBench({ checkSource: (url) => void asked.push(url) });
    const list = {
      url: 'https://origin.example/list.csv?sig=SECRET',
      reading: EACH_OF_READING,
    };
    const answer = await bench.post('/v1/batches', { list, destination: GOOD.destination });
    expect(answer.status).toBe(202);
    const batch = await detailOf(answer);
    expect(batch.list).toEqual({ from: 'https://origin.example/list.csv?sig=***', format: 'csv' });
    expect(asked).toEqual([list.url]);
    expect(await bench.ports.fleet.sealed.unseal(`batches/${batch.id}/list`)).toMatchObject({
      list: { kind: 'at', from: { url: list.url } },
      reading: list.reading,
    });
  });

  it('returns the first batch for the same idempotency key and body', async () => {
    const bench = apiBench();
    const key = { 'idempotency-key': 'k1' };
    const first = await detailOf(await bench.post('/v1/batches', GOOD, key));
    expect((await detailOf(await bench.post('/v1/batches', GOOD, key))).id).toBe(first.id);
    const other = await bench.post('/v1/batches', { ...GOOD, options: { perHost: 1 } }, key);
    expect([other.status, (await problemOf(other))['code']]).toEqual([409, 'Conflict']);
  });

  it.each([
    [{ destination: GOOD.destination }, '#/entries'],
    [{ ...GOOD, list: { url: 'https://h/l' } }, '#/entries'],
    [{ ...GOOD, entries: [] }, '#/entries'],
    [{ ...GOOD, entries: [GOOD.entries[0], { sources: ['nonsense'] }] }, '#/entries/1/sources/0'],
    [{ ...GOOD, entries: [{ sources: ['https://h/a'], digests: { sha256: 'ab' } }] }, '#/entries/0/digests/sha256'],
    [{ ...GOOD, entries: [{ url: 'https://h/a' }] }, '#/entries/0/sources'],
    [{ ...GOOD, destination: { bucket: 'bucket', prefix: 'in' } }, '#/destination/prefix'],
    [{ ...GOOD, destination: { bucket: 'bucket', prefix: 'in/../' } }, '#/destination/prefix'],
    [{ ...GOOD, options: { maxFailures: 5 } }, '#/options/maxFailures'],
    [{ ...GOOD, options: { parallel: 5 } }, '#/options/parallel'],
    [
      { list: { url: 'https://h/l', reading: { format: 'xls' } }, destination: GOOD.destination },
      '#/list/reading/format',
    ],
    [
      { list: { url: 'https://h/l', reading: { include: ['*.gz', '[a'] } }, destination: GOOD.destination },
      '#/list/reading/include/1',
    ],
  ])('names the field that is wrong (%#: %s)', async (body, pointer) => {
    const answer = await apiBench().post('/v1/batches', body);
    const problem = await problemOf(answer);
    expect([answer.status, problem['code']]).toEqual([400, 'InvalidOption']);
    expect((problem['errors'] as { pointer: string }[]).map((one) => one.pointer)).toContain(pointer);
  });

  it('refuses a prefix that is not one of its own, a setting that no header carries, and more than 4 MiB', async () => {
    const bench = apiBench();
    const out = await bench.post('/v1/batches', { ...GOOD, destination: { bucket: 'bucket', prefix: 'out/' } });
    expect([out.status, await problemOf(out)]).toMatchObject([
      422,
      { code: 'InvalidDestination', allowed: ['s3://bucket/in/'] },
    ]);
    const tags = await bench.post('/v1/batches', { ...GOOD, object: { tags: { 'aws:x': 'y' } } });
    expect(tags.status).toBe(422);
    const large = await bench.post('/v1/batches', { ...GOOD, object: { contentType: 'x'.repeat(5 * 1024 ** 2) } });
    expect([large.status, (await problemOf(large))['detail']]).toEqual([
      413,
      'the body has more than 4 MiB; give the list by its URL, or in several batches',
    ]);
    expect((await bench.records.list('batches/')).paths).toEqual([]);
  });
});

describe('GET of batches', () => {
  it('lists them, newest first, page by page, by status', async () => {
    const bench = apiBench();
    const ids = [await submitted(bench), await submitted(bench), await submitted(bench)];
    const first = (await (await bench.get('/v1/batches?limit=2')).json()) as BatchPage;
    expect(first.batches.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const next = (await (await bench.get(`/v1/batches?limit=2&cursor=${first.nextCursor}`)).json()) as BatchPage;
    expect(next).toMatchObject({ batches: [{ id: ids[0] }] });
    expect(((await (await bench.get('/v1/batches?status=failed')).json()) as BatchPage).batches).toEqual([]);
  });

  it('shows counters and hosts of the board while it runs, and of the record when it has ended', async () => {
    const bench = apiBench();
    const id = await submitted(bench);
    const board: Board = {
      ...{ v: 1, batchId: id, run: 1, writeId: 'w', shards: 10, complete: [[1, 4]], lost: [], movedAt: never },
      hosts: { 'origin.example': { waiting: [[6, 9]], places: 4, closedUntil: never } },
      inFlight: { 5: { host: 'origin.example', places: 4, turn: 1, at: never } },
      large: { 4: { left: 3, open: 2, at: never } },
      counters: { ...NO_OUTCOMES, done: 900, failed: 2, bytes: 9000 },
      failures: [{ code: 'SourceNotFound', count: 2, examples: [outcome(3, 'failed')] }],
    };
    await bench.records.put(KEYS.board(id), board, 'absent');
    await changeBatch(bench.ports, id, (batch) => ({
      ...batch,
      status: 'running',
      list: { ...batch.list, entries: 2000, shards: 10 },
    }));
    bench.time = NOW + 10_000;
    expect(await detailOf(await bench.get(pathOf(id)))).toMatchObject({
      status: 'running',
      counters: { done: 900, failed: 2 },
      failures: [{ code: 'SourceNotFound', count: 2, examples: [{ entry: 3 }] }],
      hosts: [{ host: 'origin.example', waitingShards: 4, inFlightShards: 1, places: 4, closedUntil: never }],
      openLarge: 3,
      progress: { percent: 45, entriesPerSecond: 90.2, bytesPerSecond: 900 },
    });
    const counters = { ...board.counters, done: 1998 };
    await changeBatch(bench.ports, id, (batch) =>
      ended(batch, { counters, failures: board.failures, report: 's3://bucket/in/r' }, NOW),
    );
    expect(await detailOf(await bench.get(pathOf(id)))).toMatchObject({
      status: 'completed',
      counters: { done: 1998, failed: 2 },
      hosts: [],
      progress: { percent: 100 },
      report: 's3://bucket/in/r',
    });
  });

  it('waits for a change of status, and no longer than it is asked to', async () => {
    const bench = apiBench();
    const id = await submitted(bench);
    const slept: number[] = [];
    bench.onSleep = async (ms) => {
      slept.push(ms);
      if (slept.length === 3) await changeBatch(bench.ports, id, (batch) => ({ ...batch, status: 'running' }));
    };
    expect((await detailOf(await bench.get(pathOf(id, '?waitSeconds=20')))).status).toBe('running');
    expect(slept.length).toBe(3);
    await bench.get(pathOf(id, '?waitSeconds=2'));
    expect(slept.length).toBe(5);
  });

  it('pages through outcomes, by kind and by code', async () => {
    const bench = apiBench();
    const id = await submitted(bench);
    await changeBatch(bench.ports, id, (batch) => ({ ...batch, list: { ...batch.list, entries: 6, shards: 3 } }));
    const shards = [
      [outcome(3, 'failed'), outcome(1, 'done')],
      [outcome(2, 'done'), outcome(4, 'failed')],
      [outcome(6, 'done'), outcome(5, 'cancelled')],
    ];
    for (const [index, outcomes] of shards.entries())
      await bench.records.put(KEYS.outcomes(id, index + 1), { v: 1, shard: index + 1, outcomes }, 'absent');
    const read = async (query: string) =>
      (await (await bench.get(pathOf(id, `/outcomes?${query}`))).json()) as OutcomePage;
    const entries: number[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: OutcomePage = await read(`limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      entries.push(...page.outcomes.map(({ entry }) => entry));
      cursor = page.nextCursor;
    }
    expect(entries).toEqual([1, 3, 2, 4, 5, 6]);
    expect((await read('kind=failed')).outcomes.map(({ entry }) => entry)).toEqual([3, 4]);
    expect((await read('code=SourceNotFound')).outcomes.length).toBe(2);
    expect((await read('kind=cancelled')).outcomes).toMatchObject([{ entry: 5 }]);
    for (const wrong of ['code=Nonsense', 'kind=lost', 'limit=0', 'cursor=nonsense'])
      expect((await bench.get(pathOf(id, `/outcomes?${wrong}`))).status).toBe(400);
  });

  it('leads to the report by a signed link, once there is one', async () => {
    const bench = apiBench({ reportLink: async ({ id }) => `https://store.example/${id}?signature=1` });
    const id = await submitted(bench);
    const early = await bench.get(pathOf(id, '/report'));
    expect([early.status, (await problemOf(early))['code']]).toEqual([409, 'BatchRunning']);
    await changeBatch(bench.ports, id, (batch) => ended(batch, { report: 's3://bucket/in/r' }, NOW));
    const answer = await bench.get(pathOf(id, '/report'));
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `https://store.example/${id}?signature=1`]);
    await changeBatch(bench.ports, id, (batch) => ended(batch, { report: undefined } as object, NOW));
    expect((await bench.get(pathOf(id, '/report'))).status).toBe(409);
  });

  it('has the transfers of a batch under it, and leaves them out of the list of all', async () => {
    const bench = apiBench();
    await bench.store(ID);
    await bench.store(OTHER, { batch: { id: OTHER, entry: 3, shard: 1 } });
    const read = async (path: string) => ((await (await bench.get(path)).json()) as TransferPage).transfers;
    expect((await read('/v1/transfers')).map(({ id }) => id)).toEqual([ID]);
    expect(await read(`/v1/transfers?batch=${OTHER}`)).toMatchObject([{ id: OTHER, batch: { id: OTHER, entry: 3 } }]);
    expect((await bench.get('/v1/transfers?batch=x')).status).toBe(400);
  });
});

describe('cancel and retry of a batch', () => {
  it('ask it to end, and run again what failed', async () => {
    const bench = apiBench();
    const id = await submitted(bench);
    const cancelled = await bench.post(pathOf(id, '/cancel'));
    expect([cancelled.status, await detailOf(cancelled)]).toMatchObject([
      202,
      { ending: { code: 'Cancelled' }, actedBy: 'somebody' },
    ]);
    const running = await bench.post(pathOf(id, '/retry'));
    expect([running.status, (await problemOf(running))['code']]).toEqual([409, 'BatchRunning']);
    const counters = { ...NO_OUTCOMES, failed: 1 };
    await changeBatch(bench.ports, id, (batch) => ({
      ...ended({ ...batch, list: { ...batch.list, entries: 1, shards: 1 } }, { counters }, NOW),
      heldUntil: never,
    }));
    const again = await bench.post(pathOf(id, '/retry'));
    expect([again.status, await detailOf(again)]).toMatchObject([202, { status: 'accepted', run: 2 }]);
    expect(again.headers.get('location')).toBe(pathOf(id));
  });

  it.each(['', '/outcomes', '/report'])('an id that is none is a 404 of its own (GET %s)', async (more) => {
    for (const id of [OTHER, 'nonsense']) {
      const answer = await apiBench().get(pathOf(id, more));
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([404, 'BatchNotFound']);
    }
  });

  it('are for its owner only, and what a caller may not see does not exist', async () => {
    let owner = 'ada';
    const bench = apiBench({ ownerOf: () => owner, ownership: { change: 'owner', read: 'anyone' } });
    const id = await submitted(bench);
    owner = 'bob';
    expect((await bench.get(pathOf(id))).status).toBe(200);
    for (const verb of ['/cancel', '/retry']) {
      const answer = await bench.post(pathOf(id, verb));
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([403, 'NotOwner']);
    }
    const hidden = apiBench({ ownerOf: () => 'bob', ownership: { change: 'owner', read: 'owner' } }, bench.records);
    for (const path of [pathOf(id), pathOf(id, '/outcomes'), pathOf(id, '/report')])
      expect((await hidden.get(path)).status).toBe(404);
    expect((await hidden.post(pathOf(id, '/cancel'))).status).toBe(404);
    expect((await (await hidden.get('/v1/batches')).json()) as BatchPage).toEqual({ batches: [] });
    const unknown = apiBench({ ownerOf: () => undefined });
    expect((await unknown.post('/v1/batches', GOOD)).status).toBe(403);
  });
});
