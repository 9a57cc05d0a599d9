import { describe, expect, it } from 'vitest';
import type { Ownership } from '../../lib/api/ownership.ts';
import { KEYS } from '../../lib/records/records.ts';
import { transferring } from '../support/a-transfer.ts';
import type { ApiBench } from '../support/api-bench.ts';
import { apiBench, GOOD, ID, pageOf, problemOf, transferOf } from '../support/api-bench.ts';

// Ann and Ben call one API. What is Ann's, Ben may not change, and where the deployment says so not even see.

const OTHER = '01JZ8R00000000000000000000';
const FAILED = { status: 'failed', reason: { code: 'SourceForbidden', message: 'no' } } as const;
const BENS_SOURCE = { source: { url: 'https://mirror.example/f?sig=SECRET' } };

function world(ownership?: Ownership) {
  let caller = 'ann';
  const asked: string[] = [];
  const bench = apiBench({
    ownerOf: () => caller,
    checkSource: (url) => void asked.push(url),
    ...(ownership === undefined ? {} : { ownership }),
  });
  const as = (name: string): ApiBench => {
    caller = name;
    return bench;
  };
  const stored = async (id = ID) => (await bench.records.get(KEYS.transfer(id)))?.value;
  return { bench, as, asked, stored };
}

describe('a transfer of another caller', () => {
  it('is neither retried nor cancelled: 403 NotOwner, and nothing of it has happened', async () => {
    const { bench, as, asked, stored } = world();
    await bench.store(ID, FAILED, 'ann');
    await bench.store(OTHER, transferring(), 'ann');
    const before = [await stored(ID), await stored(OTHER)];
    for (const path of [`${ID}/retry`, `${OTHER}/retry`, `${OTHER}/cancel`, `${ID}/cancel`]) {
      const problem = await problemOf(await as('ben').post(`/v1/transfers/${path}`, BENS_SOURCE));
      expect([path, problem['status'], problem['code']]).toEqual([path, 403, 'NotOwner']);
      expect(problem['detail']).toContain('belongs to another caller');
    }
    expect([await stored(ID), await stored(OTHER)]).toEqual(before);
    // Not even a look at the source that he gave, nor an event.
    expect([asked, bench.events, bench.waitingPlans(), bench.waitingTicks()]).toEqual([[], [], 0, 0]);
  });

  it('is seen by all who may call, unless the deployment says otherwise', async () => {
    const { bench, as } = world();
    await bench.store(ID, {}, 'ann');
    const shown = await transferOf(await as('ben').get(`/v1/transfers/${ID}`));
    expect([shown.id, shown.owner, shown.actedBy]).toEqual([ID, 'ann', undefined]);
    expect((await pageOf(await as('ben').get('/v1/transfers'))).transfers.map(({ id }) => id)).toEqual([ID]);
  });

  it('is as good as not there where reading is the owner’s', async () => {
    const { bench, as } = world({ change: 'owner', read: 'owner' });
    await bench.store(ID, FAILED, 'ann');
    await bench.store(OTHER, transferring(), 'ben');
    const answers = async (id: string) => [
      await as('ben').get(`/v1/transfers/${id}`),
      await as('ben').get(`/v1/transfers/${id}?waitSeconds=5`),
      await as('ben').post(`/v1/transfers/${id}/retry`),
      await as('ben').post(`/v1/transfers/${id}/cancel`),
    ];
    const nowhere = ID.replace(/D$/, 'E');
    const problems = await Promise.all([...(await answers(ID)), ...(await answers(nowhere))].map(problemOf));
    const texts = problems.map(({ requestId: _, ...problem }) => JSON.stringify(problem).replaceAll(nowhere, ID));
    expect(problems[0]).toMatchObject({ status: 404, code: 'TransferNotFound' });
    expect(texts.slice(0, 4)).toEqual(texts.slice(4));
    expect((await as('ann').get(`/v1/transfers/${ID}`)).status).toBe(200);
    const list = async (name: string) => (await pageOf(await as(name).get('/v1/transfers'))).transfers;
    expect((await list('ben')).map(({ id }) => id)).toEqual([OTHER]);
    expect((await list('ann')).map(({ id }) => id)).toEqual([ID]);
    expect(await list('eve')).toEqual([]);
  });

  it('is not to be had by a repeated submit either: a key is its owner’s', async () => {
    const { as } = world({ change: 'owner', read: 'owner' });
    const submit = (name: string) => as(name).post('/v1/transfers', GOOD, { 'idempotency-key': 'k' });
    const [first, second] = [await transferOf(await submit('ann')), await transferOf(await submit('ben'))];
    expect(second.id).not.toBe(first.id);
    expect(second.owner).toBe('ben');
  });
});

describe('a retry with another source', () => {
  it('stands in answer, record and event, redacted, with who asked for it', async () => {
    const { bench, as, stored } = world();
    await bench.store(ID, FAILED, 'ann');
    const answer = await transferOf(await as('ann').post(`/v1/transfers/${ID}/retry`, BENS_SOURCE));
    const source = { url: 'https://mirror.example/f?sig=***', withheld: true };
    expect(answer).toMatchObject({ run: 2, owner: 'ann', actedBy: 'ann', source });
    expect(await stored()).toMatchObject({ run: 2, owner: 'ann', actedBy: 'ann', request: { source } });
    expect(bench.events).toEqual([{ type: 'retried', transferId: ID, run: 2, source: source.url, actedBy: 'ann' }]);
    expect(await bench.ports.secrets.unseal(ID, 2)).toEqual(BENS_SOURCE.source);
  });

  it('by another, where the deployment lets anyone change, says so; the owner stays', async () => {
    const { bench, as } = world({ change: 'anyone', read: 'anyone' });
    await bench.store(ID, FAILED, 'ann');
    const answer = await transferOf(await as('ben').post(`/v1/transfers/${ID}/retry`, BENS_SOURCE));
    expect(answer).toMatchObject({ owner: 'ann', actedBy: 'ben', source: { url: 'https://mirror.example/f?sig=***' } });
    expect(bench.events).toMatchObject([{ type: 'retried', actedBy: 'ben' }]);
    // The next run is Ann's own again, with the source that is sealed.
    const there = await bench.records.get(KEYS.transfer(ID));
    if (there === undefined) throw new Error('it is gone');
    await bench.records.put(KEYS.transfer(ID), { ...there.value, ...FAILED }, there.version);
    const again = await transferOf(await as('ann').post(`/v1/transfers/${ID}/retry`));
    expect(again).toMatchObject({ run: 3, actedBy: 'ann', source: { url: 'https://mirror.example/f?sig=***' } });
  });

  it('keeps a path a secret that was one', async () => {
    const { bench, as } = world();
    const source = { url: 'https://origin.example/***', withheld: true, secretPath: true } as const;
    await bench.store(ID, { ...FAILED, request: { ...transferring().request, source } }, 'ann');
    const given = { source: { url: 'https://origin.example/share/TOKEN' } };
    const answer = await transferOf(await as('ann').post(`/v1/transfers/${ID}/retry`, given));
    expect(answer.source).toMatchObject({ withheld: true, secretPath: true });
    expect(JSON.stringify(answer)).not.toContain('TOKEN');
  });
});

describe('a cancel', () => {
  it('says who asked for it, at once and through the ending', async () => {
    const { bench, as, stored } = world({ change: 'anyone', read: 'anyone' });
    await bench.store(ID, transferring(), 'ann');
    await bench.store(OTHER, transferring({ status: 'finalizing' }), 'ann');
    expect(await transferOf(await as('ben').post(`/v1/transfers/${ID}/cancel`))).toMatchObject({
      status: 'cancelled',
      owner: 'ann',
      actedBy: 'ben',
    });
    await as('ben').post(`/v1/transfers/${OTHER}/cancel`);
    expect(await stored(OTHER)).toMatchObject({ status: 'finalizing', ending: { to: 'cancelled', actedBy: 'ben' } });
  });
});

it('a record from before there was any of this is read, shown and retried', async () => {
  const { bench, as } = world();
  await bench.store(ID, FAILED, 'ann');
  expect(await transferOf(await as('ben').get(`/v1/transfers/${ID}`))).not.toHaveProperty('actedBy');
  expect(await transferOf(await as('ann').post(`/v1/transfers/${ID}/retry`))).toMatchObject({
    run: 2,
    source: { url: 'https://origin.example/file', withheld: false },
  });
});
