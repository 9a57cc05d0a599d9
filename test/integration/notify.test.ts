import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { formsOf } from '../support/canary.ts';
import type { Ended } from '../support/cli-process.ts';
import { startCli } from '../support/cli-process.ts';
import { filesUnder } from '../support/files-under.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { startServer } from '../support/server-process.ts';
import { startReceiver, WEBHOOK_PATH, WEBHOOK_SECRET } from '../support/webhook-receiver.ts';

const SIZE = 100_000;

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-notify-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const environment = { PIECEWORK_NOTIFY_SECRET: WEBHOOK_SECRET };

async function piecework(
  args: readonly string[],
  more: Readonly<Record<string, string>> = environment,
): Promise<Ended> {
  return await startCli([...args, '--state-dir', join(folder, 'state')], { cwd: folder, environment: more }).ended;
}

/** Nothing of the secret, nor of the webhook's path, is in any file, nor was printed. */
async function expectNoSecret(...printed: readonly string[]): Promise<void> {
  // A server may delete one meanwhile.
  const textOf = (path: string) =>
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
  const texts = await Promise.all((await filesUnder(join(folder, 'state'))).map(textOf));
  const all = [...printed, ...texts].join('\n');
  for (const secret of [WEBHOOK_SECRET, WEBHOOK_SECRET.slice(6), WEBHOOK_PATH])
    for (const form of formsOf(secret)) expect(all).not.toContain(form);
}

test('a copy tells its end, and a failed one why; the receiver verifies both', async () => {
  await using receiver = await startReceiver();
  const url = origin.serve('/a.bin', { size: SIZE, etag: '"v1"' });
  const good = await piecework(['copy', url, 'a.bin', '--notify', receiver.url]);
  expect(good.exitCode).toBe(0);
  const bad = await piecework(['copy', `${origin.base}/none?token=abc`, 'b.bin', '--notify', receiver.url]);
  expect(bad.exitCode).toBe(3);
  const [first, second] = receiver.received;
  if (first === undefined || second === undefined) throw new Error('nothing came');
  expect(receiver.verified(first)).toMatchObject({
    type: 'piecework.transfer.completed',
    data: { status: 'completed', sizeBytes: SIZE, source: url, destination: join(folder, 'a.bin') },
  });
  expect(receiver.verified(second)).toMatchObject({
    type: 'piecework.transfer.failed',
    data: { source: `${origin.base}/none?token=***`, reason: { code: 'SourceNotFound' } },
  });
  await expectNoSecret(good.stderr, bad.stderr);
});

test('a batch tells its end with its counters, and of no entry', async () => {
  await using receiver = await startReceiver();
  for (const name of ['a', 'b']) origin.serve(`/${name}`, { size: SIZE, etag: '"v1"' });
  await writeFile(join(folder, 'urls.txt'), ['a', 'b', 'none'].map((name) => `${origin.base}/${name}\n`).join(''));
  const { exitCode } = await piecework(['batch', 'urls.txt', 'out/', '--notify', receiver.url]);
  expect(exitCode).toBe(9);
  expect(receiver.received).toHaveLength(1);
  const [first] = receiver.received;
  if (first === undefined) throw new Error('nothing came');
  expect(receiver.verified(first)).toMatchObject({
    type: 'piecework.batch.completed',
    data: { entries: 3, counters: { done: 2, failed: 1 } },
  });
});

test('what the receiver does changes no end; what was not delivered is said, kept, and brought by the next command', async () => {
  await using receiver = await startReceiver([503, 503, 204]);
  const url = origin.serve('/a.bin', { size: SIZE, etag: '"v1"' });
  const { exitCode, stderr } = await piecework(['copy', url, 'a.bin', '--notify', receiver.url]);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/\.1\.completed could not be notified: http:.* answered 503; tried again in/);
  await expectNoSecret(stderr);
  expect(receiver.received).toHaveLength(2);
  // Any command of this machine that ends something, without the webhook and its secret.
  while (receiver.received.length < 3) expect((await piecework(['clean'], {})).exitCode).toBe(0);
  const [first, , third] = receiver.received;
  if (first === undefined || third === undefined) throw new Error('nothing came');
  expect(third.headers['webhook-id']).toBe(first.headers['webhook-id']);
  expect(third.body).toBe(first.body);
  expect(receiver.verified(third)).toMatchObject({ type: 'piecework.transfer.completed' });
  await expectNoSecret();
}, 180_000);

test('a process that is killed while it tells is followed by a server that does', async () => {
  await using receiver = await startReceiver([0, 204]);
  const url = origin.serve('/a.bin', { size: SIZE, etag: '"v1"' });
  const args = ['copy', url, 'a.bin', '--notify', receiver.url, '--state-dir', join(folder, 'state')];
  const killed = startCli(args, { cwd: folder, environment });
  await receiver.untilReceived(1);
  killed.process.kill('SIGKILL');
  await killed.ended;
  await using _server = await startServer(folder);
  const [first, second] = await receiver.untilReceived(2);
  expect(second?.body).toBe(first?.body);
  await expectNoSecret();
}, 180_000);

test('a server tells the webhook of a submit, and else its own', async () => {
  await using own = await startReceiver();
  await using usual = await startReceiver();
  const [a, b] = ['a', 'b'].map((name) => origin.serve(`/${name}.bin`, { size: SIZE, etag: '"v1"' }));
  const args = ['--listen', '127.0.0.1:0', '--notify', usual.url];
  await using server = await startServer(folder, args, environment);
  const submit = (url = '', notify?: { url: string; secret: string }) =>
    server.client.submit({
      source: { url },
      destination: join(folder, url.slice(-5)),
      ...(notify === undefined ? {} : { notify }),
    });
  const first = await submit(a, { url: own.url, secret: WEBHOOK_SECRET });
  expect(first.notified).toEqual({ webhook: `http://127.0.0.1:${own.port}/***` });
  const second = await submit(b);
  const [toOwn] = await own.untilReceived(1);
  const [toUsual] = await usual.untilReceived(1);
  if (toOwn === undefined || toUsual === undefined) throw new Error('nothing came');
  expect(own.verified(toOwn).data['transferId']).toBe(first.id);
  expect(usual.verified(toUsual).data['transferId']).toBe(second.id);
  await expectNoSecret(JSON.stringify(server.lines));
});

test('a batch of a server tells its end once in each run, to the webhook of its submit, and of no entry', async () => {
  await using own = await startReceiver();
  await using usual = await startReceiver();
  const urls = ['a', 'b'].map((name) => origin.serve(`/${name}.bin`, { size: SIZE, etag: '"v1"' }));
  const args = ['--listen', '127.0.0.1:0', '--notify', usual.url];
  await using server = await startServer(folder, args, environment);
  const entries = [...urls, `${origin.base}/late.bin`].map((url) => ({ sources: [url] }));
  const destination = `${join(folder, 'many')}/`;
  const notify = { url: own.url, secret: WEBHOOK_SECRET };
  const { id, notified } = await server.client.submitBatch({ entries, destination, notify });
  expect(notified).toEqual({ webhook: `http://127.0.0.1:${own.port}/***` });
  const [first] = await own.untilReceived(1);
  if (first === undefined) throw new Error('nothing came');
  expect(own.verified(first)).toMatchObject({
    type: 'piecework.batch.completed',
    data: { batchId: id, entries: 3, counters: { done: 2, failed: 1 } },
  });
  origin.serve('/late.bin', { size: SIZE, etag: '"v1"' });
  // Its job ends a moment after its end was sent.
  await vi.waitFor(() => server.client.retryBatch(id), { timeout: 60_000 });
  await own.untilReceived(2);
  // Another end, which is sent after all those of the batch.
  const last = await server.client.submit({ source: { url: urls[0] ?? '' }, destination: join(folder, 'c.bin') });
  const [toUsual] = await usual.untilReceived(1);
  expect(toUsual?.headers['webhook-id']).toBe(`${last.id}.1.completed`);
  expect(own.received.map(({ headers }) => headers['webhook-id'])).toEqual([`${id}.1.completed`, `${id}.2.completed`]);
  const token = server.client.submitBatch({ entries, destination: `${join(folder, 'x')}/`, taskToken: 'AQCEAAAA' });
  await expect(token).rejects.toMatchObject({ code: 'InvalidOption' });
  await expectNoSecret(JSON.stringify(server.lines));
}, 120_000);

test('a copy and a batch that are given to a server have it notify whom they name, and run their own commands', async () => {
  await using own = await startReceiver();
  await using _server = await startServer(folder, ['--listen', '127.0.0.1:0'], environment);
  const [a = '', b = ''] = ['a', 'b'].map((name) => origin.serve(`/${name}.bin`, { size: SIZE, etag: '"v1"' }));
  await writeFile(join(folder, 'urls.txt'), `${b}\n`);
  const more = ['--notify', own.url, '--on-complete', 'echo "$PIECEWORK_END_OF $PIECEWORK_END_ID" >> seen'];
  for (const args of [
    ['copy', a, 'a.bin'],
    ['batch', 'urls.txt', 'many/'],
    ['copy', a, b, 'both/'],
  ])
    expect(await piecework([...args, ...more])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('given to the server'),
    });
  const received = await own.untilReceived(3);
  const ends = received.map((one) => own.verified(one));
  expect(ends.map(({ type }) => type)).toEqual([
    'piecework.transfer.completed',
    'piecework.batch.completed',
    'piecework.batch.completed',
  ]);
  const seen = await readFile(join(folder, 'seen'), 'utf8');
  expect(seen.trim().split('\n')).toEqual(
    ends.map(({ data }) => {
      const { transferId, batchId } = data;
      return transferId === undefined ? `batch ${batchId}` : `transfer ${transferId}`;
    }),
  );
  await expectNoSecret();
}, 120_000);

test('a webhook without a secret, and a token of Step Functions on one machine, are refused', async () => {
  const url = origin.serve('/a.bin', { size: SIZE, etag: '"v1"' });
  const none = await piecework(['copy', url, 'a.bin', '--notify', 'https://hooks.example/x'], {});
  expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--notify-secret @FILE') });
  const bad = await piecework(['copy', url, 'a.bin', '--notify', 'https://hooks.example/x'], {
    PIECEWORK_NOTIFY_SECRET: 'topkey',
  });
  expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('whsec_') });
  expect(bad.stderr).not.toContain('topkey');
  await using server = await startServer(folder);
  const request = { source: { url }, destination: join(folder, 'c.bin'), taskToken: 'AQCEAAAA' };
  await expect(server.client.submit(request)).rejects.toMatchObject({ code: 'InvalidOption' });
  expect(origin.requests).toEqual([]);
});
