import { describe, expect, it, test } from 'vitest';
import { createClient } from '../../lib/api/client/client.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { apiBench, GOOD, ID, problemOf } from '../support/api-bench.ts';
import { serveApi } from '../support/serve-api.ts';

// What every answer of the API has, whatever it is about.

describe('a request', () => {
  it('has an id, the same in the header, in the problem and in the trail', async () => {
    const bench = apiBench({ requestIdOf: () => 'gateway-7' });
    const fine = await bench.get('/v1/transfers');
    expect(fine.headers.get('x-request-id')).toBe('gateway-7');
    const refused = await bench.get(`/v1/transfers/${ID}`);
    expect(refused.headers.get('x-request-id')).toBe('gateway-7');
    expect(await problemOf(refused)).toMatchObject({ status: 404, requestId: 'gateway-7' });
    expect(bench.answered.map(({ requestId }) => requestId)).toEqual(['gateway-7', 'gateway-7']);
  });

  it('has one of its own each time where the home gives none', async () => {
    const bench = apiBench();
    const ids = [await bench.get('/v1/health'), await bench.get('/v1/nowhere')].map(({ headers }) =>
      headers.get('x-request-id'),
    );
    expect(ids[0]).toMatch(/^[0-9A-Z]{26}$/);
    expect(ids[1]).toMatch(/^[0-9A-Z]{26}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('where it makes sense to come again, it is said when', () => {
  const failing = (error: PieceworkError) => {
    const records = memoryRecords();
    return apiBench({}, { ...records, get: () => Promise.reject(error) });
  };

  it.each([
    [new PieceworkError('HomeUnavailable', 'S3 is slow'), 503, '5'],
    [new PieceworkError('HomeUnavailable', 'S3 is slow', { details: { retryAfterMs: 1500 } }), 503, '2'],
    [new PieceworkError('ApiBusy', 'too many', { details: { retryAfterMs: 30_000 } }), 429, '30'],
    [new PieceworkError('HomeRefused', 'a right is missing'), 500, null],
    [new PieceworkError('DestinationDenied', 'a right is missing'), 502, null],
  ])('%s', async (error, status, retryAfter) => {
    const answer = await failing(error).get(`/v1/transfers/${ID}`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
  });

  it('and the client waits so long, and names the request where it gives up', async () => {
    const bench = failing(new PieceworkError('ApiBusy', 'too many', { details: { retryAfterMs: 1 } }));
    await using served = await serveApi(bench.app);
    await using client = createClient({ url: served.url });
    const error = await client.get(ID).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ApiBusy', details: { retryAfterMs: 1000, requestId: expect.any(String) } });
    expect(served.requests).toHaveLength(4);
  });
});

describe('an idempotency key that was used before', () => {
  const key = { 'idempotency-key': 'k-1' };

  it('is answered with the first transfer, and a mark that it is that one', async () => {
    const bench = apiBench();
    const first = await bench.post('/v1/transfers', GOOD, key);
    const again = await bench.post('/v1/transfers', GOOD, key);
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([
      null,
      'true',
    ]);
    expect([again.status, await again.json()]).toMatchObject([
      202,
      { id: ((await first.json()) as { id: string }).id },
    ]);
    const other = await bench.post('/v1/transfers', GOOD, { 'idempotency-key': 'k-2' });
    expect(other.headers.get('idempotent-replayed')).toBe(null);
  });

  it('so is that of a batch', async () => {
    const bench = apiBench();
    const batch = {
      entries: [{ sources: ['https://origin.example/a'] }],
      destination: { bucket: 'bucket', prefix: 'in/' },
    };
    const first = await bench.post('/v1/batches', batch, key);
    expect(first.status, await first.clone().text()).toBe(202);
    const again = await bench.post('/v1/batches', batch, key);
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([
      null,
      'true',
    ]);
  });
});

test.each<readonly [string, object, string]>([
  [
    'nothing where an object is to be',
    { ...GOOD, source: undefined },
    '#/source: is missing: an object is to be given',
  ],
  ['a number for a text', { ...GOOD, source: { url: 5 } }, '#/source/url: is to be a text'],
  ['a text for a number', { ...GOOD, options: { parallelism: 'x' } }, '#/options/parallelism: is to be a number'],
  ['half of a piece', { ...GOOD, options: { parallelism: 1.5 } }, '#/options/parallelism: is to be a whole number'],
  ['too many', { ...GOOD, options: { parallelism: 257 } }, '#/options/parallelism: is to be at most 256'],
  ['too few', { ...GOOD, options: { parallelism: 0 } }, '#/options/parallelism: is to be at least 1'],
  [
    'a word that is none of those',
    { ...GOOD, options: { ifExists: 'maybe' } },
    '#/options/ifExists: is to be one of "replace", "fail", "if-changed"',
  ],
  ['an empty name', { ...GOOD, object: { tags: { '': 'x' } } }, '#/object/tags/…: is empty'],
  ['a list for an object', { ...GOOD, object: [] }, '#/object: is to be an object'],
])('a body with %s is refused in a sentence of ours', async (_, body, sentence) => {
  const problem = await problemOf(await apiBench().post('/v1/transfers', body));
  expect(problem).toMatchObject({ status: 400, detail: sentence });
});
