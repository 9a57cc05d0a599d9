import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { Load, Loads } from '../../lib/transfer/loads/loads.ts';
import { deploy } from './deploy.ts';
import { blackHole, faulty, startOf } from './faults.ts';
import { OTHER_BYTES, OTHER_SCHEMES, SOURCE_BUCKET } from './other-sources.ts';
import { peerOf } from './peer.ts';
import { PREFIX } from './pipeline.ts';
import { cloud, context, here, MIB, origin, others, pipeline, SECRET, STACK, serve } from './suite.ts';

describe.runIf(here)('transfers, all at the same time', { concurrent: true }, () => {
  test.each([0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 64 * MIB])(
    '%i bytes arrive whole, with the CRC of the whole object',
    async (size) => {
      const id = await pipeline.submit(serve(`size-${size}`, size), `size-${size}`);
      const done = await pipeline.until(id, 'completed');
      expect(done['result']).toMatchObject({ sizeBytes: size, version: 'validator' });
      await pipeline.prove(`size-${size}`, size);
    },
  );

  test('200 MiB arrive whole from a source that fails, through a fetcher that dies, with messages that come twice', async () => {
    const size = 200 * MIB;
    const hole = blackHole();
    const url = origin.serve(
      '/trouble',
      faulty({ size, seed: 7 }, (request) => {
        // The first is the probe.
        switch (request) {
          case 2:
            return { refuse: { times: 1, status: 500 } };
          case 3:
            return { resetAfterBytes: 3 * MIB };
          case 4:
            return hole.handler;
          case 5:
            return { excessBytes: -1000 };
          case 6:
            return { refuse: { times: 1, status: 502 } };
          case 7:
            return { refuse: { times: 1, status: 503, headers: { 'retry-after': '1' } } };
          case 8:
            return {
              shiftRange: ({ start, end }) => ({ start: start + 1, end: end + 1 }),
              contentRange: ({ start, end }, total) => `bytes ${start + 1}-${end}/${total}`,
            };
          default:
            return undefined;
        }
      }),
    );
    const id = await pipeline.submit(`${url}?token=${SECRET}`, 'trouble');
    const { socket } = await hole.taken;
    // In a container it is out of sight; then only its connection breaks.
    const worker = cloud.kind === 'ministack' ? await peerOf(socket) : await peerOf(socket).catch(() => undefined);
    if (worker !== undefined) process.kill(worker, 'SIGKILL');
    socket.destroy();
    const { planId } = await pipeline.record(id);
    expect(planId).toEqual(expect.any(String));
    for (const pieceNumber of [1, 2, 3, 3])
      await pipeline.send('Pieces', { kind: 'piece', v: 1, transferId: id, planId, pieceNumber, attempt: 1 });
    for (const kind of ['plan', 'finish']) await pipeline.send('Plans', { kind, v: 1, transferId: id });
    await pipeline.send('Results', { kind: 'tick', v: 1, transferId: id });
    await pipeline.until(id, 'completed');
    await pipeline.prove('trouble', size, 7);
  });

  test('thirty at once', async () => {
    const sizes = Array.from({ length: 30 }, (_, index) => (index % 5 === 0 ? 18 * MIB + index : 300_000 + index));
    const ids = await Promise.all(
      sizes.map((size, index) => pipeline.submit(serve(`many-${index}`, size, index + 20), `many-${index}`)),
    );
    expect(new Set(ids).size).toBe(30);
    for (const id of ids) await pipeline.until(id, 'completed');
    for (const [index, size] of sizes.entries()) await pipeline.prove(`many-${index}`, size, index + 20);
  });

  test('a redeploy in the middle loses nothing', async () => {
    const size = 96 * MIB;
    // Slow enough to be in the middle, and fast enough for pieces of 5 MiB in a fetcher's 15 s on a busy machine.
    const url = origin.serve('/redeployed', { size, seed: 3, bytesPerSecond: 1_500_000 });
    const id = await pipeline.submit(url, 'redeployed', { parallelism: 2 });
    await pipeline.until(id, 'transferring');
    await deploy(cloud, STACK, { ...context, privateHosts: '127.0.0.1,127.0.0.2' });
    await pipeline.until(id, 'completed');
    await pipeline.prove('redeployed', size, 3);
  });

  test.each(OTHER_SCHEMES)(
    '%s: a file arrives in pieces, its credentials known to planner and fetcher alone',
    async (scheme) => {
      const id = await pipeline.submit(await others.locate(scheme), `over-${scheme}`, {
        parallelism: 3,
        pieceSizeBytes: 5 * MIB,
      });
      const done = await pipeline.until(id, 'completed');
      expect(done).toMatchObject({ result: { sizeBytes: OTHER_BYTES }, plan: { mode: 'pieces' } });
      await pipeline.prove(`over-${scheme}`, OTHER_BYTES);
      expect(JSON.stringify([done, await pipeline.record(id)])).not.toContain(SECRET);
    },
  );

  test('an object in a source bucket is copied by S3 itself; one beside it, and a record, by nobody', async () => {
    const { open, closed } = await others.objects();
    const always = { serverSideCopy: 'always', pieceSizeBytes: 5 * MIB };
    const copied = await pipeline.submit({ url: open }, 'copied', always);
    const done = await pipeline.until(copied, 'completed');
    expect(done).toMatchObject({ result: { sizeBytes: OTHER_BYTES }, plan: { mode: 'pieces', serverSideCopy: true } });
    await pipeline.prove('copied', OTHER_BYTES);

    // Planner and fetcher may read it for themselves.
    const record = `s3://${pipeline.output('RecordsBucket')}/transfers/${copied}.json`;
    for (const url of [closed, record]) {
      const request = { source: { url }, destination: { bucket: pipeline.buckets.target, key: `${PREFIX}stolen` } };
      const { status, body } = await pipeline.call('POST', '/v1/transfers', request, {
        'idempotency-key': randomUUID(),
      });
      expect([status, body['code']]).toEqual([400, 'InvalidOption']);
      expect(body['detail']).toContain(`lends its own to sources under ${SOURCE_BUCKET} alone`);
      const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = cloud.env;
      const own = { url, auth: { kind: 'aws', accessKeyId, secretAccessKey } };
      const failed = await pipeline.until(await pipeline.submit(own, 'stolen', always), 'failed');
      expect(failed).toMatchObject({ reason: { code: 'ServerSideCopyRefused' } });
      expect(JSON.stringify(failed['reason'])).toContain(
        `is not in a bucket that this deployment copies from: ${SOURCE_BUCKET}`,
      );
    }
    expect(await pipeline.exists('stolen')).toBe(false);
  });

  test.each(['ftp', 'sftp'] as const)(
    '%s: wrong credentials are refused by the server, and said without them',
    async (scheme) => {
      const wrong = await others.locate(scheme, `${SECRET}-wrong`);
      const failed = await pipeline.until(await pipeline.submit(wrong, `never-${scheme}`), 'failed');
      expect(failed).toMatchObject({ reason: { code: expect.stringMatching(/^Source(Unauthorized|Forbidden)$/) } });
      expect(JSON.stringify(failed)).not.toContain(SECRET);
    },
  );

  test('a cancel in the middle is final at once, and no object appears', async () => {
    const id = await pipeline.submit(
      origin.serve('/cancelled', { size: 40 * MIB, bytesPerSecond: 200_000 }),
      'cancelled',
    );
    await pipeline.until(id, 'transferring');
    const { status, body } = await pipeline.call('POST', `/v1/transfers/${id}/cancel`);
    expect([status, body['status']]).toEqual([202, 'cancelled']);
    expect((await pipeline.call('POST', `/v1/transfers/${id}/cancel`)).status).toBe(409);
    expect(await pipeline.exists('cancelled')).toBe(false);
  });

  test('a retry after a failure fetches only what is missing', async () => {
    const size = 96 * MIB;
    let isBroken = true;
    const ranges: string[] = [];
    const url = origin.serve(
      '/retried',
      faulty({ size, seed: 5 }, (_, range) => {
        ranges.push(range);
        return isBroken && startOf(range) > size / 2 ? { refuse: { times: 1, status: 404 } } : undefined;
      }),
    );
    const id = await pipeline.submit(`${url}?token=${SECRET}`, 'retried', { parallelism: 2 });
    const failed = await pipeline.until(id, 'failed');
    expect(failed).toMatchObject({
      reason: { code: 'SourceNotFound', details: { sourceStatus: 404 } },
      heldUntil: expect.any(String),
    });
    // Pieces end in any order, so what the store holds by now says which are not missing. A probe asks for the range
    // of the first, and may come twice, as any message may.
    const kept = (await pipeline.parts(id, 'retried')).filter((part) => part > 1);
    expect(kept).not.toEqual([]);
    isBroken = false;
    const before = ranges.length;
    expect(await pipeline.call('POST', `/v1/transfers/${id}/retry`)).toMatchObject({ status: 202 });
    const done = await pipeline.until(id, 'completed');
    expect(done).toMatchObject({ run: 2, plan: { pieceSizeBytes: expect.any(Number) } });
    const { pieceSizeBytes } = done['plan'] as { pieceSizeBytes: number };
    const again = kept.map((part) => `bytes=${(part - 1) * pieceSizeBytes}-${part * pieceSizeBytes - 1}`);
    expect(ranges.slice(before).filter((range) => again.includes(range))).toEqual([]);
    await pipeline.prove('retried', size, 5);
  });

  test('a dead letter of a piece is one failure of it: it is sent again, from scratch', async () => {
    const size = 40 * MIB;
    const hole = blackHole();
    const url = origin.serve(
      '/dead',
      faulty({ size, seed: 9 }, (request) => (request === 2 ? hole.handler : undefined)),
    );
    const id = await pipeline.submit(url, 'dead', { parallelism: 1 });
    const { socket } = await hole.taken;
    const { planId, loads } = await pipeline.record(id);
    expect({ planId, loads }).toMatchObject({ planId: expect.any(String), loads: { open: [{ pieces: [[1, 1]] }] } });
    const [{ number, connections }] = (loads as Loads).open as [Load];
    const load = { number, connections, others: [] };
    const task = { kind: 'piece', v: 1, transferId: id, planId, pieceNumber: 1, attempt: 1 } as const;
    // One of no load, or of another one, says nothing of a piece that is in this one.
    await pipeline.send('PiecesDead', { ...task, load: { ...load, number: 99 } });
    await pipeline.send('PiecesDead', { ...task, load });
    let record = await pipeline.record(id);
    while (record['status'] === 'transferring' && Object.keys(record['trouble'] as object).length === 0)
      record = await pipeline.record(id);
    expect(record['trouble']).toMatchObject({ 1: { attempt: 2, failures: 1, code: 'WorkerDied' } });
    await pipeline.until(id, 'completed');
    socket.destroy();
    await pipeline.prove('dead', size, 9);
  });

  test('a source without ranges goes through one connection', async () => {
    const size = 20 * MIB;
    const id = await pipeline.submit(
      origin.serve('/stream', { size, seed: 4, ignoreRange: true, chunked: true }),
      'stream',
    );
    expect(await pipeline.until(id, 'completed')).toMatchObject({
      plan: { mode: expect.stringMatching(/stream|single/) },
    });
    await pipeline.prove('stream', size, 4);
  });

  test('a digest is proved before the object is there, and a wrong one keeps it away', async () => {
    const size = 20 * MIB;
    const url = serve('digest', size, 6);
    const wrong = await pipeline.submit(url, 'digest-wrong', { expect: { digests: { sha256: '0'.repeat(64) } } });
    expect(await pipeline.until(wrong, 'failed')).toMatchObject({ reason: { code: 'DigestMismatch' } });
    expect(await pipeline.exists('digest-wrong')).toBe(false);
  });

  test('a bucket that is missing, and one that refuses: the transfer fails at planning, and says what is missing', async () => {
    const url = serve('homeless', 20 * MIB);
    const submit = async (bucket: string) => {
      const { status, body } = await pipeline.call('POST', '/v1/transfers', {
        source: { url },
        destination: { bucket, key: 'x' },
      });
      expect(status).toBe(202);
      return await pipeline.until(String(body['id']), 'failed');
    };
    expect(await submit(pipeline.buckets.missing)).toMatchObject({ reason: { code: 'DestinationMissing' } });
    if (cloud.kind === 'localstack') return;
    expect(await submit(pipeline.buckets.denied)).toMatchObject({
      reason: { code: 'DestinationDenied', message: expect.stringContaining('s3:PutObject') },
    });
  });

  test('what a source may not be is refused at the submit, or where a redirect leads there', async () => {
    const refused = await pipeline.call('POST', '/v1/transfers', {
      source: { url: 'http://169.254.169.254/latest/meta-data/' },
      destination: { bucket: pipeline.buckets.target, key: `${PREFIX}meta` },
    });
    expect([refused.status, refused.body['code']]).toEqual([422, 'GuardRefused']);
    const url = origin.serve(
      '/redirects',
      (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    );
    expect(await pipeline.until(await pipeline.submit(url, 'redirected'), 'failed')).toMatchObject({
      reason: { code: 'GuardRefused' },
    });
  });

  // LocalStack answers a conditional DeleteObject with 501.
  test.skipIf(process.env['STAND_IN'] === 'localstack')(
    'a record that is none is set aside by the tick, and so is what was known of a host; everything else goes on',
    async () => {
      const id = '01ARZ3NDEKTSV4RRFFQ69G5DAM';
      const Bucket = pipeline.output('RecordsBucket');
      const damage = (Key: string) => pipeline.s3.send(new PutObjectCommand({ Bucket, Key, Body: '{"v":1,"val' }));
      await damage(`transfers/${id}.json`);
      await pipeline.send('Results', { kind: 'tick', v: 1, transferId: id });
      await pipeline.until(await pipeline.submit(serve('before-damage', 20 * MIB, 8), 'before-damage'), 'completed');
      // All of them: of the hosts of the other tests' sources too, which must not mind either.
      const { Contents: hosts = [] } = await pipeline.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'hosts/' }));
      expect(hosts).not.toHaveLength(0);
      for (const { Key = '' } of hosts) await damage(Key);
      await pipeline.until(await pipeline.submit(serve('after-damage', 40 * MIB, 8), 'after-damage'), 'completed');
      const names = async (Prefix: string) =>
        (await pipeline.s3.send(new ListObjectsV2Command({ Bucket, Prefix }))).Contents?.map(({ Key = '' }) => Key) ??
        [];
      let aside = await names(`corrupt/transfers/${id}`);
      while (aside.length === 0 || (await names(`transfers/${id}`)).length > 0) {
        await sleep(200);
        aside = await names(`corrupt/transfers/${id}`);
      }
      expect(aside[0]).toMatch(/^corrupt\/transfers\/01ARZ3NDEKTSV4RRFFQ69G5DAM\.json\.\d{8}T\d{6}Z$/);
      expect((await pipeline.call('GET', `/v1/transfers/${id}`)).status).toBe(404);
      // Two finalizers that meet it at the same moment keep it twice.
      expect((await names('corrupt/hosts/')).length).toBeGreaterThan(0);
    },
  );
});
