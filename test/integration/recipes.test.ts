import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';

// What docs/recipes.md has others do.

const SIZE = 60_000;

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-recipes-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('shell: the command at the end notes the digest of what came', async () => {
  const sha256 = createHash('sha256').update(patternBytes(0, SIZE)).digest('hex');
  const url = origin.serve('/a.bin', { size: SIZE, etag: '"v1"' });
  const recipe = (await readFile(join(import.meta.dirname, '../../docs/recipes.md'), 'utf8')).match(
    /--on-complete '(sha256sum [^']+)'/,
  )?.[1];
  const command = recipe?.replace('/data/', `${folder}/`) ?? 'false';
  const args = ['copy', url, 'a.bin', '--state-dir', 'state', '--expect-sha256', sha256, '--on-complete', command];
  expect((await startCli(args, { cwd: folder }).ended).exitCode).toBe(0);
  expect(await readFile(join(folder, 'brought.txt'), 'utf8')).toBe(`${sha256}  ${join(folder, 'a.bin')}\n`);
});

test('Airflow: what the operator submits and the trigger asks leads to the end, well or not', async () => {
  await using server = await startServer(folder);
  const headers = { authorization: `Bearer ${server.token}` };
  const api = server.server.url;
  const transferOf = async (url: string, key: string) => {
    const body = { source: { url }, destination: join(folder, key), options: { expect: {} } };
    const submitted = await fetch(`${api}/v1/transfers`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    expect(submitted.status).toBe(202);
    const { id } = (await submitted.json()) as { id: string };
    for (;;) {
      const answer = await fetch(`${api}/v1/transfers/${id}?waitSeconds=20`, { headers });
      const transfer = (await answer.json()) as { status: string; result?: object; reason?: object };
      if (['completed', 'failed', 'cancelled'].includes(transfer.status)) return transfer;
    }
  };
  const url = origin.serve('/a.bin', { size: SIZE, etag: '"v1"' });
  expect(await transferOf(url, 'dag-1')).toMatchObject({ status: 'completed', result: { sizeBytes: SIZE } });
  expect(await transferOf(`${origin.base}/none`, 'dag-2')).toMatchObject({
    status: 'failed',
    reason: { code: 'SourceNotFound' },
  });
});
