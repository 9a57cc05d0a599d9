import { Agent } from 'node:http';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from 'vitest';
import type { GuardPolicy } from '../../lib/guard/guard.ts';
import { createGuard } from '../../lib/guard/guard.ts';
import { httpBench, SIZE } from '../support/http-bench.ts';
import { redirect, startOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';
import { call, failureOf, thrownBy } from '../support/reading.ts';

// Every name leads to loopback here, and what must not be contacted is a server on loopback that counts who comes.

const bench = httpBench();
const PORTS = Array.from({ length: 65_535 }, (_, index) => index + 1);

/** `own.test` may be private; any other name may not. */
function guardFor(policy: GuardPolicy = {}) {
  const resolved: string[] = [];
  const guard = createGuard({
    ports: PORTS,
    privateHosts: ['own.test'],
    resolve: async (hostname) => {
      resolved.push(hostname);
      return [{ address: '127.0.0.1', family: 4 }];
    },
    ...policy,
  });
  return { guard, resolved };
}

const at = (host: string, path: string) => ({ url: `http://${host}:${bench.origin.port}${path}` });

describe('a guarded source', () => {
  it('reads from whom it may', async () => {
    bench.origin.serve('/file.bin', { size: SIZE });
    const { guard, resolved } = guardFor();
    const snapshot = await bench.snapshotOf(at('own.test', '/file.bin'), bench.useSource({ guard }));
    expect(snapshot.sizeBytes).toBe(SIZE);
    expect(resolved).toEqual(['own.test']);
    expect(bench.origin.connections).toBe(1);
  });

  it('connects to no name that leads inside, and to no address', async () => {
    bench.origin.serve('/file.bin', { size: SIZE });
    const source = bench.useSource({ guard: guardFor().guard });
    for (const host of [
      'inside.test',
      'localhost',
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '2130706433',
      '[::1]',
      '[::ffff:127.0.0.1]',
    ]) {
      const error = await failureOf(source.probe(at(host, '/file.bin'), 1000, call()), 'GuardRefused');
      expect(error.reaction).toBe('fail');
      // An address is refused as a URL, before any connection.
      if (/\d/.test(host)) expect(error.message).toContain('/file.bin');
    }
    expect(bench.origin.connections).toBe(0);
  });

  it('follows no redirect inside: neither to a name nor to an address, however written', async () => {
    const inside = bench.alsoUse(await startOrigin());
    inside.serve('/secret', { size: SIZE });
    const source = bench.useSource({ guard: guardFor().guard });
    for (const host of ['inside.test', '127.0.0.1', '0x7f.1', '[::ffff:7f00:1]']) {
      bench.origin.serve('/a', redirect(`http://${host}:${inside.port}/secret`));
      await failureOf(source.probe(at('own.test', '/a'), 1000, call()), 'GuardRefused');
    }
    expect(inside.connections).toBe(0);
    expect(bench.origin.requests.map(({ url }) => url)).toEqual(['/a', '/a', '/a', '/a']);
  });

  it('follows a redirect to whom it may', async () => {
    bench.origin.serve('/a', redirect(`http://own.test:${bench.origin.port}/b`));
    bench.origin.serve('/b', { size: SIZE });
    const snapshot = await bench.snapshotOf(at('own.test', '/a'), bench.useSource({ guard: guardFor().guard }));
    expect(snapshot.sizeBytes).toBe(SIZE);
  });

  it('judges the address that it connects to, not one that was checked before', async () => {
    bench.origin.serve('/file.bin', { size: SIZE });
    let turn = 0;
    const { guard } = guardFor({
      resolve: async () => {
        turn += 1;
        return [{ address: turn === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }];
      },
    });
    const from = at('rebind.test', '/file.bin');
    await guard.check(from.url);
    // Else the next step would connect to what was only meant to be checked.
    expect(turn).toBe(1);
    await failureOf(bench.useSource({ guard }).probe(from, 1000, call()), 'GuardRefused');
    expect(turn).toBe(2);
    expect(bench.origin.connections).toBe(0);
  });

  it('judges each connection of a piece anew, of a name as of an address', async () => {
    bench.origin.serve('/file.bin', { size: SIZE });
    let address = '127.0.0.1';
    const { guard } = guardFor({ resolve: async () => [{ address, family: 4 }], privateHosts: ['own.test'] });
    const probing = bench.useSource({ guard });
    const snapshot = await bench.snapshotOf(at('own.test', '/file.bin'), probing);
    address = '169.254.169.254';
    const { connections } = bench.origin;
    const source = bench.useSource({ guard });
    for (const host of ['own.test', '127.0.0.1', '[::1]']) {
      await failureOf(source.open(at(host, '/file.bin'), snapshot, { start: 0, end: 1000 }, call()), 'GuardRefused');
    }
    expect(bench.origin.connections).toBe(connections);
  });

  it('leaves no name to a proxy, and tells the proxy nothing of it', async () => {
    const proxy = bench.alsoUse(await startProxy());
    bench.origin.serve('/file.bin', { size: SIZE });
    const source = bench.useSource({ guard: guardFor().guard, proxy: { httpProxy: proxy.url } });
    await failureOf(source.probe(at('own.test', '/file.bin'), 1000, call()), 'GuardRefused');
    expect(proxy.requests).toEqual([]);
    const exempt = bench.useSource({ guard: guardFor().guard, proxy: { httpProxy: proxy.url, noProxy: 'own.test' } });
    expect((await bench.snapshotOf(at('own.test', '/file.bin'), exempt)).sizeBytes).toBe(SIZE);
    expect(proxy.requests).toEqual([]);
  });

  it('sends an address that may be contacted through the proxy', async () => {
    const proxy = bench.alsoUse(await startProxy());
    bench.origin.serve('/file.bin', { size: SIZE });
    const { guard } = guardFor({ privateHosts: ['127.0.0.1'] });
    const source = bench.useSource({ guard, proxy: { httpProxy: proxy.url } });
    expect((await bench.snapshotOf(at('127.0.0.1', '/file.bin'), source)).sizeBytes).toBe(SIZE);
    expect(proxy.requests).toHaveLength(1);
  });

  it('has no other resolver beside its own', async () => {
    await thrownBy(
      () => bench.useSource({ guard: guardFor().guard, lookup: (_host, _options, callback) => callback(null, []) }),
      'InvalidOption',
    );
  });
});

describe('a guarded client of the AWS SDK', () => {
  it('connects to no endpoint whose name leads inside', async () => {
    const { guard } = guardFor();
    const client = new S3Client({
      endpoint: `http://inside.test:${bench.origin.port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      forcePathStyle: true,
      requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ lookup: guard.lookup, keepAlive: false }) }),
    });
    await failureOf(client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' })), 'GuardRefused');
    client.destroy();
    expect(bench.origin.connections).toBe(0);
  });
});
