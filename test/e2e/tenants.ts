import { join } from 'node:path';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { expect, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { testContext } from '../support/cli-context.ts';
import { deployApp } from './deploy.ts';
import { apiKeyValue, clientOf, Pipeline } from './pipeline.ts';
import { cloud, MIB, origin, pipeline } from './suite.ts';

const SIZE = 20 * MIB;
const PATIENCE = { timeout: 120_000, interval: 250 };

/**
 * A deployment of two owners, each with a key. The source that one of them asks for has no ranges, so it waits for a
 * worker of streams: for as long as the test lets none have it, its owner has one transfer open, which is its quota.
 */
export async function twoOwners(): Promise<void> {
  const { target } = pipeline.buckets;
  const port = new URL(origin.base).port;
  const app = join(import.meta.dirname, 'tenants-app');
  const own = new Pipeline(cloud, await deployApp(cloud, app, 'PieceworkTenants', { bucket: target, port }));
  const [ann, ben] = [await keyOf(own, 'ann'), await keyOf(own, 'ben')];
  const asked = [{}, { 'x-api-key': `${ann}x` }, { 'x-api-key': ann }].map((headers) =>
    own.callUnsigned('/v1/transfers', headers),
  );
  expect(await Promise.all(asked)).toEqual([403, 403, 200]);

  await switchStreams(own, false);
  const url = origin.serve('/of-ann', { size: SIZE, seed: 11, ignoreRange: true, chunked: true });
  const submit = (key: string, name: string) =>
    as(own, key, 'POST', '/v1/transfers', {
      source: { url },
      destination: { bucket: target, key: `in/${name}` },
    });
  const mine = await submit(ann, 'ann/stream');
  expect(mine.status, JSON.stringify(mine.body)).toBe(202);
  const path = `/v1/transfers/${String(mine.body['id'])}`;
  await vi.waitFor(async () => expect(await own.waiting('Streams')).toBe(1), PATIENCE);
  const second = await submit(ann, 'ann/second');
  expect([second.status, second.body]).toMatchObject([
    429,
    { code: 'QuotaExceeded', quota: { name: 'open', limit: 1 } },
  ]);
  // The other has a quota of its own, no place there, and no sight of it.
  expect(await submit(ben, 'ann/stolen')).toMatchObject({ status: 422, body: { code: 'InvalidDestination' } });
  for (const [method, of] of [
    ['GET', path],
    ['POST', `${path}/cancel`],
    ['POST', `${path}/retry`],
  ] as const)
    expect((await as(own, ben, method, of)).status).toBe(404);
  expect((await as(own, ben, 'GET', '/v1/transfers')).body['transfers']).toEqual([]);
  expect((await as(own, ann, 'GET', '/v1/transfers')).body['transfers']).toMatchObject([{ owner: 'ann' }]);

  await switchStreams(own, true);
  await vi.waitFor(
    async () => expect((await as(own, ann, 'GET', `${path}?waitSeconds=10`)).body['status']).toBe('completed'),
    PATIENCE,
  );
  await own.prove('ann/stream', SIZE, 11);
  // What is over gives its place back when it is settled, a moment after its end is seen.
  await vi.waitFor(async () => expect((await submit(ann, 'ann/third')).status).toBe(202), PATIENCE);
  const list = async (key: string) => {
    const shell = testContext({ environment: { PIECEWORK_API_KEY: key } });
    return [await run(['list', '--json', '--api', own.base], shell), JSON.parse(shell.stdout.text)];
  };
  expect(await list(ben)).toEqual([0, { type: 'result', home: own.base, transfers: [], batches: [] }]);
  expect(await list(`${ben}x`)).toEqual([2, expect.objectContaining({ type: 'error', code: 'NotAuthorized' })]);
}

async function keyOf(own: Pipeline, name: string): Promise<string> {
  const [, id = ''] = Object.entries(own.outputs).find(([key]) => key.includes(`Consumer${name}KeyId`)) ?? [];
  return await apiKeyValue(cloud, id);
}

async function as(own: Pipeline, key: string, method: string, path: string, body?: object) {
  const answer = await fetch(`${own.base}${path}`, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** Whether workers get what waits in the queue of streams. */
async function switchStreams(own: Pipeline, Enabled: boolean): Promise<void> {
  const client = new LambdaClient(clientOf(cloud));
  const queue = own.output('StreamsQueueUrl').split('/').at(-1);
  const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({}));
  const UUID = EventSourceMappings.find(({ EventSourceArn = '' }) => EventSourceArn.endsWith(`:${queue}`))?.UUID;
  await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
  client.destroy();
}
