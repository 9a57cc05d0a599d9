import { describe, expect, it } from 'vitest';
import { KEYS } from '../../lib/records/records.ts';
import { completed, transferring } from '../support/a-transfer.ts';
import { apiBench, ID, problemOf, transferOf } from '../support/api-bench.ts';

const FIRST = '01JZ8QH5X3M9V7T2B400000001';

describe('cancel and retry', () => {
  it('cancels at once, tells the finalizer to clean up, and refuses a second time', async () => {
    const bench = apiBench();
    await bench.store(ID, transferring());
    const answer = await bench.post(`/v1/transfers/${ID}/cancel`);
    expect([answer.status, (await transferOf(answer)).status]).toEqual([202, 'cancelled']);
    expect(bench.waitingTicks()).toBe(1);
    expect(await problemOf(await bench.post(`/v1/transfers/${ID}/cancel`))).toMatchObject({
      status: 409,
      code: 'TransferEnded',
    });
    expect(await problemOf(await bench.post(`/v1/transfers/${FIRST}/cancel`))).toMatchObject({
      status: 404,
      code: 'TransferNotFound',
    });
  });

  it('says during the completion that it is about to end', async () => {
    const bench = apiBench();
    await bench.store(ID, transferring({ status: 'finalizing' }));
    const answer = await bench.post(`/v1/transfers/${ID}/cancel`);
    expect(await transferOf(answer)).toMatchObject({ status: 'finalizing', ending: 'cancelled' });
  });

  it('retries a failed one, with or without its source given again', async () => {
    const asked: string[] = [];
    const bench = apiBench({ checkSource: (url) => void asked.push(url) });
    const failed = { status: 'failed', reason: { code: 'SourceForbidden', message: '' } } as const;
    await bench.store(ID, failed);
    const plain = await bench.post(`/v1/transfers/${ID}/retry`);
    expect([plain.status, plain.headers.get('location')]).toEqual([202, `/v1/transfers/${ID}`]);
    expect(await transferOf(plain)).toMatchObject({ status: 'accepted', run: 2 });
    await bench.store(FIRST, failed);
    const again = await bench.post(`/v1/transfers/${FIRST}/retry`, {
      source: { url: 'https://origin.example/f?sig=2' },
    });
    expect(again.status).toBe(202);
    expect(asked).toEqual(['https://origin.example/f?sig=2']);
    expect(await bench.ports.secrets.unseal(FIRST, 2)).toEqual({ url: 'https://origin.example/f?sig=2' });
    expect(bench.waitingPlans()).toBe(2);
  });

  it.each([
    ['', { 'content-type': 'application/json' }],
    [undefined, { 'content-type': 'application/json; charset=utf-8' }],
    ['', {}],
    ['{}', { 'content-type': 'application/json' }],
  ])('retries with a body of %j and the headers %j, which give no source again', async (body, headers) => {
    const bench = apiBench();
    await bench.store(ID, { status: 'failed', reason: { code: 'SourceForbidden', message: '' } });
    const answer = await bench.app.request(`/v1/transfers/${ID}/retry`, {
      method: 'POST',
      headers: headers as Record<string, string>,
      ...(body === undefined ? {} : { body }),
    });
    expect([answer.status, (await transferOf(answer)).run]).toEqual([202, 2]);
  });

  it('refuses to retry what has not failed, and a source that is none', async () => {
    const bench = apiBench();
    await bench.store(ID, transferring());
    expect(await problemOf(await bench.post(`/v1/transfers/${ID}/retry`))).toMatchObject({
      status: 409,
      code: 'TransferRunning',
    });
    await bench.store(FIRST, completed());
    expect(await problemOf(await bench.post(`/v1/transfers/${FIRST}/retry`))).toMatchObject({
      status: 409,
      code: 'TransferEnded',
    });
    expect(await problemOf(await bench.post(`/v1/transfers/${FIRST}/retry`, { sauce: {} }))).toMatchObject({
      status: 400,
      errors: [{ pointer: '#/sauce' }],
    });
  });
});

describe('the rest', () => {
  it('tells its health and version', async () => {
    const answer = await apiBench().get('/v1/health');
    expect(await transferOf(answer)).toEqual({ status: 'ok', version: '1.2.3' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('says that it is a deployment, and what it has', async () => {
    const answer = await apiBench().get('/v1/service');
    expect(await answer.json()).toEqual({ home: 'aws', version: '1.2.3', features: ['batches'] });
    const dryRuns = { locate: () => ({ kind: 'stdout' }) as const, look: () => Promise.reject(new Error('unused')) };
    const looking = await apiBench({ dryRuns }).get('/v1/service');
    expect(await looking.json()).toMatchObject({ home: 'aws', features: ['batches', 'dryRun'] });
  });

  it('says since when it is paused, and why', async () => {
    const bench = apiBench();
    const since = '2026-01-01T12:00:00.000Z';
    await bench.records.put(KEYS.pause, { v: 1, since, because: 'the source is being moved' }, 'absent');
    expect(await (await bench.get('/v1/service')).json()).toMatchObject({
      paused: true,
      pausedSince: since,
      pausedBecause: 'the source is being moved',
    });
  });

  it('answers unknown paths and methods in its own words', async () => {
    const bench = apiBench();
    for (const answer of [
      await bench.get('/v1/nothing'),
      await bench.app.request('/v1/transfers', { method: 'DELETE' }),
      await bench.get('/'),
    ]) {
      expect(await problemOf(answer)).toMatchObject({
        status: 404,
        code: 'RouteNotFound',
        instance: expect.stringMatching(/^\//),
      });
    }
  });

  it('tells a client nothing of a defect of ours, and the operator everything', async () => {
    const bench = apiBench({
      ownerOf() {
        throw new TypeError('secret detail');
      },
    });
    const problem = await problemOf(await bench.get('/v1/transfers'));
    expect(problem).toMatchObject({ status: 500, code: 'Internal' });
    expect(JSON.stringify(problem)).not.toContain('secret detail');
    expect(bench.failures[0]?.message).toContain('secret detail');
  });
});
