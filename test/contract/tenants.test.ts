import { describe, expect, it } from 'vitest';
import { gatewayOwner } from '../../lib/api/gateway.ts';
import { toCursor, toOutcomeCursor } from '../../lib/api/requests/cursor.ts';
import { allowedOnly } from '../../lib/api/requests/destinations.ts';
import { readEnvironment } from '../../lib/aws/environment.ts';
import { ENV } from '../../lib/aws/names.ts';
import { hooksCheck } from '../../lib/aws/notifications/guard.ts';
import { sourceCheck } from '../../lib/aws/sources/source-guard.ts';
import { KEYS } from '../../lib/records/records.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import { ownerName } from '../../lib/values/text/owner-name.ts';
import { runningBatch } from '../support/a-batch.ts';
import { transferring } from '../support/a-transfer.ts';
import { apiBench } from '../support/api-bench.ts';
import { variablesOf } from '../support/aws-functions.ts';

// Ann and Ben are users of one AWS account and call one deployment, which was made with `ownership: 'caller'` and has a
// prefix for each. Whatever Ben tries, he neither sees, changes nor learns of what is Ann's. The API has here what its
// function has: what API Gateway says of a caller, the rules of its environment, its guard.

const ANN = 'arn:aws:iam::123456789012:user/ann';
const BEN = 'arn:aws:iam::123456789012:user/ben';
const HERS = `in/${ownerName(ANN)}/`;
const HIS = `in/${ownerName(BEN)}/`;

const RUNNING = '01JZ8QH5X3M9V7T2B4N6K8R0AA';
const FAILED = '01JZ8QH5X3M9V7T2B4N6K8R0AB';
const COMPLETED = '01JZ8QH5X3M9V7T2B4N6K8R0AC';
const LARGE = '01JZ8QH5X3M9V7T2B4N6K8R0AD';
const BATCH = '01JZ8QH5X3M9V7T2B4N6K8R0BA';
const ENDED = '01JZ8QH5X3M9V7T2B4N6K8R0BB';
const BENS = '01JZ8QH5X3M9V7T2B4N6K8R0CA';
const BENS_BATCH = '01JZ8QH5X3M9V7T2B4N6K8R0CB';
const NOWHERE = '01JZ8QH5X3M9V7T2B4N6K8R0ZZ';

const NOT_FOUND = { code: 'SourceNotFound', message: 'there is nothing' } as const;
const SOURCE = { url: 'https://127.0.0.1/disk.iso' };
const KEY = { 'idempotency-key': 'her-key' };
const submitTo = (destination: unknown) => ({ source: SOURCE, destination });
const batchTo = (destination: unknown) => ({ entries: [{ sources: [SOURCE.url] }], destination });

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

async function world() {
  const environment = readEnvironment('api', {
    ...variablesOf('http://127.0.0.1:1', [443]),
    [ENV.ownership]: JSON.stringify({ change: 'owner', read: 'owner' }),
    [ENV.destinations]: JSON.stringify([
      { bucket: 'bucket', prefix: 'in/{owner}/' },
      { bucket: 'bucket', prefix: 'shared-by-anns/', owners: [ANN] },
    ]),
  });
  const bench = apiBench({
    ownerOf: (context) => gatewayOwner(context, environment.apiKeyNames) ?? environment.defaultOwner,
    ...(environment.ownership === undefined ? {} : { ownership: environment.ownership }),
    locate: allowedOnly(environment.destinations),
    checkSource: (url, source) => sourceCheck(environment)(url, source),
    checkHooks: hooksCheck(environment),
    reportLink: async ({ id }) => `https://bucket.example/${id}`,
  });
  const call = async (
    userArn: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const event = { requestContext: { identity: { userArn } } };
    const answer = await bench.app.request(
      path,
      {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      { event },
    );
    const text = await answer.clone().text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    return { status: answer.status, text, json: isJson ? ((await answer.json()) as Answer['json']) : {} };
  };
  const request = (key: string) => ({
    ...transferring().request,
    source: { url: SOURCE.url, withheld: false },
    destination: { kind: 's3', bucket: 'bucket', key } as const,
    labels: { team: 'anns' },
  });
  const hers = { request: request(`${HERS}disk.iso`) };
  await bench.store(RUNNING, { ...transferring(), ...hers }, ANN);
  await bench.store(FAILED, { ...hers, status: 'failed', reason: NOT_FOUND }, ANN);
  const result = { sizeBytes: 4, version: 'unverified', digests: {} } as const;
  await bench.store(COMPLETED, { ...hers, status: 'completed', result, announced: true }, ANN);
  await bench.store(LARGE, { ...hers, status: 'failed', reason: NOT_FOUND, batch: { id: BATCH, entry: 1 } }, ANN);
  await bench.store(BENS, { ...transferring(), request: request(`${HIS}own.iso`) }, BEN);
  const place = (prefix: string) =>
    ({ destination: `s3://bucket/${prefix}`, place: { kind: 's3', bucket: 'bucket', key: prefix } }) as const;
  const end = {
    counters: { ...NO_OUTCOMES, failed: 1 },
    failures: [{ code: 'SourceNotFound', count: 1, examples: [] }],
  };
  for (const batch of [
    runningBatch({ id: BATCH, owner: ANN, ...place(HERS) }),
    runningBatch({
      id: ENDED,
      owner: ANN,
      ...place(HERS),
      status: 'failed',
      ...end,
      report: `s3://bucket/${HERS}r`,
    } as never),
    runningBatch({ id: BENS_BATCH, owner: BEN, ...place(HIS) }),
  ])
    await bench.records.put(KEYS.batch(batch.id), batch, 'absent');
  await bench.records.put(
    KEYS.outcomes(BATCH, 1),
    {
      v: 1,
      run: 1,
      outcomes: [{ entry: 1, kind: 'failed', name: 'her.bin', source: SOURCE.url, error: NOT_FOUND }],
    } as never,
    'absent',
  );
  return {
    bench,
    as:
      (arn: string) =>
      (...asked: readonly [string, string, unknown?, Record<string, string>?]) =>
        call(arn, ...asked),
  };
}

type World = Awaited<ReturnType<typeof world>>;
type Ask = ReturnType<World['as']>;

/** Everything that a deployment keeps of Ann, to see that nothing of it has changed. */
async function hersIn({ bench }: World): Promise<string> {
  const keys = [
    ...[RUNNING, FAILED, COMPLETED, LARGE].map(KEYS.transfer),
    ...[BATCH, ENDED].map(KEYS.batch),
    KEYS.outcomes(BATCH, 1),
  ];
  return JSON.stringify(await Promise.all(keys.map(async (key) => (await bench.records.get<unknown>(key))?.value)));
}

const refused = (name: string, ask: (ben: Ask) => Promise<Answer>, status: number, code: string) =>
  ({ name, ask, status, code }) as const;
const hidden = (name: string, method: string, path: string, body?: unknown) =>
  refused(
    name,
    (ben) => ben(method, path, body),
    404,
    path.startsWith('/v1/batches') ? 'BatchNotFound' : 'TransferNotFound',
  );

/** What is refused, with what. */
const REFUSED = [
  hidden('look at her transfer', 'GET', `/v1/transfers/${RUNNING}`),
  hidden('look at it in small letters', 'GET', `/v1/transfers/${RUNNING.toLowerCase()}`),
  hidden('wait for its change', 'GET', `/v1/transfers/${RUNNING}?waitSeconds=5`),
  hidden('look at one that failed', 'GET', `/v1/transfers/${FAILED}`),
  hidden('look at one that is completed', 'GET', `/v1/transfers/${COMPLETED}`),
  hidden('look at a large entry of her batch', 'GET', `/v1/transfers/${LARGE}`),
  hidden('cancel her transfer', 'POST', `/v1/transfers/${RUNNING}/cancel`),
  hidden('cancel one that has ended', 'POST', `/v1/transfers/${COMPLETED}/cancel`),
  hidden('retry one that failed', 'POST', `/v1/transfers/${FAILED}/retry`, {}),
  hidden('retry it with a source of his own', 'POST', `/v1/transfers/${FAILED}/retry`, { source: SOURCE }),
  hidden('retry one that runs', 'POST', `/v1/transfers/${RUNNING}/retry`, {}),
  hidden('retry a large entry of her batch', 'POST', `/v1/transfers/${LARGE}/retry`, {}),
  hidden('look at her batch', 'GET', `/v1/batches/${BATCH}`),
  hidden('wait for its change', 'GET', `/v1/batches/${BATCH}?waitSeconds=5`),
  hidden('look at one that has ended', 'GET', `/v1/batches/${ENDED}`),
  hidden('read its outcomes', 'GET', `/v1/batches/${BATCH}/outcomes`),
  hidden('read those that failed', 'GET', `/v1/batches/${BATCH}/outcomes?kind=failed&code=SourceNotFound`),
  hidden(
    'go on with her page of outcomes',
    'GET',
    `/v1/batches/${BATCH}/outcomes?cursor=${toOutcomeCursor({ shard: 1, entry: 0 })}`,
  ),
  hidden('be led to its report', 'GET', `/v1/batches/${ENDED}/report`),
  hidden('be led to the report of one that runs', 'GET', `/v1/batches/${BATCH}/report`),
  hidden('cancel her batch', 'POST', `/v1/batches/${BATCH}/cancel`),
  hidden('retry her batch', 'POST', `/v1/batches/${ENDED}/retry`, {}),
  refused(
    'write under her prefix',
    (ben) => ben('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: `${HERS}disk.iso` })),
    422,
    'InvalidDestination',
  ),
  refused(
    'write there as a text',
    (ben) => ben('POST', '/v1/transfers', submitTo(`s3://bucket/${HERS}`)),
    422,
    'InvalidDestination',
  ),
  refused(
    'write above all prefixes',
    (ben) => ben('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: 'in/disk.iso' })),
    422,
    'InvalidDestination',
  ),
  refused(
    'write beside his prefix',
    (ben) => ben('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: `${HIS.slice(0, -1)}2/x` })),
    422,
    'InvalidDestination',
  ),
  refused(
    'write to the field itself',
    (ben) => ben('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: 'in/{owner}/x' })),
    422,
    'InvalidDestination',
  ),
  refused(
    'write as her ARN is spelt',
    (ben) => ben('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: `in/${ANN}/x` })),
    422,
    'InvalidDestination',
  ),
  refused(
    'go up from his prefix',
    (ben) => ben('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: `${HIS}../${ownerName(ANN)}/x` })),
    400,
    'InvalidOption',
  ),
  refused(
    'go up in a text',
    (ben) => ben('POST', '/v1/transfers', submitTo(`s3://bucket/${HIS}../${ownerName(ANN)}/x`)),
    400,
    'InvalidOption',
  ),
  refused(
    'write where only named owners may',
    (ben) => ben('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: 'shared-by-anns/x' })),
    422,
    'InvalidDestination',
  ),
  refused(
    'name another endpoint for her bucket',
    (ben) =>
      ben('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: `${HIS}x`, endpoint: 'https://store.example' })),
    422,
    'InvalidDestination',
  ),
  refused(
    'bring a batch under her prefix',
    (ben) => ben('POST', '/v1/batches', batchTo({ bucket: 'bucket', prefix: HERS })),
    422,
    'InvalidDestination',
  ),
  refused(
    'bring a batch there as a text',
    (ben) => ben('POST', '/v1/batches', batchTo(`s3://bucket/${HERS}`)),
    422,
    'InvalidDestination',
  ),
  refused(
    'bring a batch above all prefixes',
    (ben) => ben('POST', '/v1/batches', batchTo({ bucket: 'bucket', prefix: 'in/' })),
    422,
    'InvalidDestination',
  ),
  refused(
    'bring a batch that goes up',
    (ben) => ben('POST', '/v1/batches', batchTo({ bucket: 'bucket', prefix: `${HIS}../` })),
    400,
    'InvalidOption',
  ),
  refused(
    'say that he is she',
    (ben) => ben('POST', '/v1/transfers', { ...submitTo({ bucket: 'bucket', key: `${HIS}x` }), owner: ANN }),
    400,
    'InvalidOption',
  ),
  refused(
    'submit with an id of hers',
    (ben) => ben('POST', '/v1/transfers', { ...submitTo({ bucket: 'bucket', key: `${HIS}x` }), id: RUNNING }),
    400,
    'InvalidOption',
  ),
  refused(
    'copy what she has, with the rights of the functions',
    (ben) =>
      ben('POST', '/v1/transfers', {
        source: { url: `s3://bucket/${HERS}disk.iso` },
        destination: { bucket: 'bucket', key: `${HIS}x` },
      }),
    400,
    'InvalidOption',
  ),
  refused(
    'copy sealed sources out of the records',
    (ben) =>
      ben('POST', '/v1/transfers', {
        source: { url: `s3://records/sealed/${RUNNING}/1` },
        destination: { bucket: 'bucket', key: `${HIS}x` },
      }),
    400,
    'InvalidOption',
  ),
  refused(
    'send her secrets to a server of his',
    (ben) =>
      ben('POST', '/v1/transfers', {
        source: { ...SOURCE, auth: { kind: 'bearer', token: 'secret://anns/token' } },
        destination: { bucket: 'bucket', key: `${HIS}x` },
      }),
    422,
    'SecretMissing',
  ),
  refused(
    'ask what her submit would come to',
    (ben) => ben('POST', '/v1/transfers?dryRun=true', submitTo({ bucket: 'bucket', key: `${HERS}x` })),
    400,
    'InvalidOption',
  ),
  refused('pause her transfer', (ben) => ben('POST', `/v1/transfers/${RUNNING}/pause`), 404, 'RouteNotFound'),
  refused(
    'change its place in the queue',
    (ben) => ben('PATCH', `/v1/transfers/${RUNNING}`, { priority: 9 }),
    404,
    'RouteNotFound',
  ),
  refused('follow all events', (ben) => ben('GET', '/v1/events'), 404, 'RouteNotFound'),
  refused('read what was learned of hosts', (ben) => ben('GET', '/v1/hosts'), 404, 'RouteNotFound'),
];

describe('what Ben is refused', () => {
  it.each(REFUSED)('to $name: $status $code', async ({ ask, status, code }) => {
    const here = await world();
    const before = await hersIn(here);
    const answer = await ask(here.as(BEN));
    expect([answer.status, answer.json['code']]).toEqual([status, code]);
    // Nothing of hers is in the answer that he had not asked with, and nothing of hers has changed.
    for (const word of ['anns', 'disk.iso"', 'user/ann', 'owner'])
      expect(String(answer.json['allowed'])).not.toContain(word);
    expect(await hersIn(here)).toBe(before);
    expect([here.bench.events, here.bench.sent, here.bench.waitingPlans(), here.bench.waitingTicks()]).toEqual([
      [],
      [],
      0,
      0,
    ]);
  });

  it('is answered of what is hers as of what is nowhere, to the letter', async () => {
    const ben = (await world()).as(BEN);
    const ask = async (method: string, path: string, id: string) => {
      const { status, json } = await ben(method, path.replace('ID', id), method === 'POST' ? {} : undefined);
      const { requestId: _, ...problem } = json;
      return JSON.stringify([status, problem]).replaceAll(id, 'ID');
    };
    for (const [method, path, hers] of [
      ['GET', '/v1/transfers/ID', RUNNING],
      ['GET', '/v1/transfers/ID?waitSeconds=5', FAILED],
      ['POST', '/v1/transfers/ID/retry', FAILED],
      ['POST', '/v1/transfers/ID/cancel', RUNNING],
      ['GET', '/v1/batches/ID', BATCH],
      ['GET', '/v1/batches/ID/outcomes', BATCH],
      ['GET', '/v1/batches/ID/report', ENDED],
      ['POST', '/v1/batches/ID/cancel', BATCH],
      ['POST', '/v1/batches/ID/retry', ENDED],
    ] as const)
      expect(await ask(method, path, hers)).toBe(await ask(method, path, NOWHERE));
  });
});

/** Lists, however they are asked for: each has Ben's own, or nothing. */
const LISTS: readonly (readonly [name: string, path: string])[] = [
  ['all', '/v1/transfers'],
  ['those that are not over', '/v1/transfers?status=active'],
  ['those that failed', '/v1/transfers?status=failed,cancelled'],
  ['those that are completed', '/v1/transfers?status=completed'],
  ['those with her label', '/v1/transfers?label=team=anns'],
  ['those of a host', '/v1/transfers?host=127.0.0.1'],
  ['those that failed with a code', '/v1/transfers?code=SourceNotFound'],
  ['a text that is her id', `/v1/transfers?search=${RUNNING}`],
  ['those under her prefix', `/v1/transfers?prefix=s3://bucket/${encodeURIComponent(HERS)}`],
  ['those of her batch', `/v1/transfers?batch=${BATCH}`],
  ['those of a time', '/v1/transfers?since=2020-01-01T00:00:00Z&until=2040-01-01T00:00:00Z'],
  ['from her cursor on', `/v1/transfers?cursor=${toCursor(NOWHERE)}`],
  ['batches', '/v1/batches'],
  ['batches that failed', '/v1/batches?status=failed'],
  ['batches from her cursor on', `/v1/batches?cursor=${toCursor(NOWHERE)}`],
];

describe('what Ben sees in lists', () => {
  it.each(LISTS)('%s: nothing of hers', async (_name, path) => {
    const here = await world();
    const answer = await here.as(BEN)('GET', path);
    expect(answer.status).toBe(200);
    for (const word of [ANN, RUNNING, FAILED, COMPLETED, LARGE, BATCH, ENDED, HERS])
      expect(answer.text).not.toContain(word);
    const { transfers = [], batches = [] } = answer.json as {
      transfers?: { id: string }[];
      batches?: { id: string }[];
    };
    expect([BENS, BENS_BATCH]).toEqual(expect.arrayContaining([...transfers, ...batches].map(({ id }) => id)));
  });

  it('is not nothing: Ann sees hers by the same questions', async () => {
    const ann = (await world()).as(ANN);
    const found = await Promise.all(LISTS.map(async ([, path]) => (await ann('GET', path)).text));
    for (const [index, text] of found.entries())
      expect([LISTS[index]?.[0], text]).toEqual([LISTS[index]?.[0], expect.stringContaining('R0')]);
  });
});

describe('what Ben may do with her words', () => {
  it('her idempotency key is another one of his, with the same body and with another', async () => {
    const here = await world();
    const [ann, ben] = [here.as(ANN), here.as(BEN)];
    const body = (prefix: string) => submitTo({ bucket: 'bucket', key: `${prefix}x` });
    const first = await ann('POST', '/v1/transfers', body(HERS), KEY);
    const his = await ben('POST', '/v1/transfers', body(HIS), KEY);
    expect([first.status, his.status]).toEqual([202, 202]);
    expect(his.json['id']).not.toBe(first.json['id']);
    expect(his.json['owner']).toBe(BEN);
    const batches = await Promise.all([
      ann('POST', '/v1/batches', batchTo(`s3://bucket/${HERS}`), KEY),
      ben('POST', '/v1/batches', batchTo(`s3://bucket/${HIS}`), KEY),
    ]);
    expect(batches.map(({ status, json }) => [status, json['owner']])).toEqual([
      [202, ANN],
      [202, BEN],
    ]);
    expect(batches[0]?.json['id']).not.toBe(batches[1]?.json['id']);
  });

  it('a session with her name is the role, and a header with it is nothing', async () => {
    const here = await world();
    const role = here.as('arn:aws:sts::123456789012:assumed-role/Files/ann');
    const other = here.as('arn:aws:sts::123456789012:assumed-role/Files/ben');
    const headers = { 'x-owner': ANN, 'x-amzn-principal': ANN, 'x-api-key': ANN };
    expect((await role('GET', `/v1/transfers/${RUNNING}`, undefined, headers)).status).toBe(404);
    const made = await role(
      'POST',
      '/v1/transfers',
      submitTo({ bucket: 'bucket', key: `in/${ownerName('arn:aws:sts::123456789012:assumed-role/Files')}/x` }),
      headers,
    );
    expect([made.status, made.json['owner']]).toEqual([202, 'arn:aws:sts::123456789012:assumed-role/Files']);
    expect((await other('GET', `/v1/transfers/${made.json['id']}`)).status).toBe(200);
  });

  it('the home as it stands says nothing of her', async () => {
    const answer = await (await world()).as(BEN)('GET', '/v1/service');
    expect(answer.status).toBe(200);
    for (const word of [ANN, HERS, RUNNING]) expect(answer.text).not.toContain(word);
  });
});

it('Ann does with hers as ever', async () => {
  const here = await world();
  const ann = here.as(ANN);
  const statuses = [
    await ann('GET', `/v1/transfers/${RUNNING}`),
    await ann('POST', `/v1/transfers/${FAILED}/retry`, {}),
    await ann('POST', `/v1/transfers/${RUNNING}/cancel`),
    await ann('GET', `/v1/batches/${BATCH}`),
    await ann('GET', `/v1/batches/${ENDED}/report`),
    await ann('POST', `/v1/batches/${BATCH}/cancel`),
    await ann('POST', '/v1/transfers', submitTo({ bucket: 'bucket', key: `${HERS}new` })),
    await ann('POST', '/v1/transfers', submitTo('s3://bucket/shared-by-anns/')),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 202, 202, 200, 302, 202, 202, 202]);
});

it('owners whose names are alike have prefixes that are apart', () => {
  const names = ['ann', 'ann/x', 'ann/', 'Ann', 'a.n', '.', '..', '../ben', 'ben', 'ann=2F', 'ann%2F', 'ünn', ''].map(
    (owner) => `in/${ownerName(owner)}/`,
  );
  expect(new Set(names).size).toBe(names.length);
  for (const one of names) for (const other of names) if (one !== other) expect(one.startsWith(other)).toBe(false);
  for (const name of names) expect(name).toMatch(/^in\/[A-Za-z0-9=_-][A-Za-z0-9=._-]*\/$|^in\/\/$/);
});
