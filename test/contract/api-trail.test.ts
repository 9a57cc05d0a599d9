import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { transferring } from '../support/a-transfer.ts';
import { apiBench, GOOD, ID, transferOf } from '../support/api-bench.ts';

// Each request leaves one line in the trail: who, what, how it ended; and none of the caller's own words.

const SECRET = 'c4n4ry-Value';
const refuses = (url: string) => {
  if (url.includes('169.254.169.254')) throw new PieceworkError('GuardRefused', `${url}: not contacted`);
};

describe('the trail', () => {
  it('has a line for what was done, with principal, route, transfer and duration', async () => {
    const bench = apiBench({ requestIdOf: () => 'r-1' });
    await bench.store(ID, transferring());
    bench.onSleep = () => undefined;
    const { id } = await transferOf(await bench.post('/v1/transfers', GOOD));
    await bench.get('/v1/transfers?status=failed');
    await bench.get(`/v1/transfers/${ID}?waitSeconds=3`);
    await bench.post(`/v1/transfers/${ID}/cancel`);
    await bench.get('/v1/health');
    await bench.get('/v1/openapi.json');
    const common = { principal: 'somebody', requestId: 'r-1', durationMs: 0 };
    expect(bench.answered).toEqual([
      { ...common, method: 'POST', route: '/v1/transfers', status: 202, transferId: id },
      { ...common, method: 'GET', route: '/v1/transfers', status: 200 },
      { ...common, method: 'GET', route: '/v1/transfers/{id}', status: 200, transferId: ID, durationMs: 3000 },
      { ...common, method: 'POST', route: '/v1/transfers/{id}/cancel', status: 202, transferId: ID },
      { ...common, method: 'GET', route: '/v1/health', status: 200 },
      { ...common, method: 'GET', route: '/v1/openapi.json', status: 200 },
    ]);
  });

  it('has one for each that was refused, with its code', async () => {
    const bench = apiBench({ checkSource: refuses });
    await bench.store(ID, {}, 'ann');
    const to = (bucket: string) => ({ ...GOOD, destination: { bucket, key: 'in/x' } });
    await bench.post('/v1/transfers', { ...GOOD, source: { url: 'http://169.254.169.254/latest' } });
    await bench.post('/v1/transfers', to('elsewhere'));
    await bench.post('/v1/transfers', `{"source": ${SECRET}`);
    await bench.post('/v1/transfers', { ...GOOD, [SECRET]: 1 });
    await bench.post('/v1/transfers', 'x'.repeat(70_000));
    await bench.post(`/v1/transfers/${ID}/retry`);
    await bench.get(`/v1/transfers/${ID.replace(/D$/, 'E')}`);
    await bench.get(`/v1/transfers/${SECRET}`);
    await bench.get(`/v1/${SECRET}/${SECRET}?token=${SECRET}`);
    await bench.app.request('/v1/transfers', { method: 'DELETE' });
    await bench.app.request('/v1/transfers', { method: SECRET });
    expect(bench.answered.map(({ method, route, status, code }) => [method, route, status, code])).toEqual([
      ['POST', '/v1/transfers', 422, 'GuardRefused'],
      ['POST', '/v1/transfers', 422, 'InvalidDestination'],
      ['POST', '/v1/transfers', 400, 'InvalidOption'],
      ['POST', '/v1/transfers', 400, 'InvalidOption'],
      ['POST', '/v1/transfers', 413, 'RequestTooLarge'],
      ['POST', '/v1/transfers/{id}/retry', 403, 'NotOwner'],
      ['GET', '/v1/transfers/{id}', 404, 'TransferNotFound'],
      ['GET', '/v1/transfers/{id}', 404, 'TransferNotFound'],
      ['GET', 'none', 404, 'RouteNotFound'],
      ['DELETE', 'none', 404, 'RouteNotFound'],
      ['OTHER', 'none', 404, 'RouteNotFound'],
    ]);
    expect(bench.answered[5]).toMatchObject({ principal: 'somebody', transferId: ID });
    expect(bench.answered[7]).not.toHaveProperty('transferId');
    expect(JSON.stringify(bench.answered)).not.toContain(SECRET);
    expect(bench.failures).toEqual([]);
  });

  it('has one for a caller that is not known, and for a failure of ours with its cause', async () => {
    const unknown = apiBench({ ownerOf: () => undefined });
    await unknown.post('/v1/transfers', GOOD);
    const about = { method: 'POST', route: '/v1/transfers', status: 403, code: 'NotAuthorized', durationMs: 0 };
    expect(unknown.answered).toEqual([{ ...about, requestId: expect.any(String) }]);
    const broken = apiBench({
      checkSource() {
        throw new TypeError('a defect');
      },
    });
    await broken.post('/v1/transfers', GOOD);
    expect(broken.answered).toMatchObject([{ status: 500, code: 'Internal', principal: 'somebody' }]);
    expect(broken.failures).toMatchObject([{ code: 'Internal', message: expect.stringContaining('a defect') }]);
  });
});
