import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { ConnectionShare } from '../../lib/local/engine/connections.ts';
import { probesInTurn, sharedConnections } from '../../lib/local/engine/connections.ts';
import type { Probe, Source } from '../../lib/sources/source.ts';
import { call, failureOf } from '../support/reading.ts';

const never = new AbortController().signal;

/** Lets everything that can go on go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function takenOf(share: ConnectionShare, count: number, borne?: number): Promise<readonly Disposable[]> {
  const taken: Disposable[] = [];
  for (let i = 0; i < count; i += 1) void share.take(never, borne).then((connection) => taken.push(connection));
  await turn();
  return taken;
}

describe('connections', () => {
  it('to one host are 16 for all transfers together', async () => {
    const connections = sharedConnections();
    const shares = Array.from({ length: 5 }, () => connections.share({ host: 'a', parallelism: 8 }));
    const taken = await Promise.all(shares.map((share) => takenOf(share, 8)));
    expect(taken.flat()).toHaveLength(16);
  });

  it('to one host are as many as one transfer was asked to have, while it runs', async () => {
    const connections = sharedConnections();
    const large = connections.share({ host: 'a', parallelism: 40 });
    expect(await takenOf(large, 50)).toHaveLength(40);
    const others = [8, 8, 8].map((parallelism) => connections.share({ host: 'b', parallelism }));
    const taken = await Promise.all(others.map((share) => takenOf(share, 20)));
    expect(taken.flat()).toHaveLength(16);
  });

  it('of one transfer are as many as it was asked to have, and one for its probe', async () => {
    const share = sharedConnections().share({ host: 'a', parallelism: 2 });
    const taken = await takenOf(share, 5);
    expect(taken).toHaveLength(2);
    using _probe = await share.takeForProbe(never);
    taken[0]?.[Symbol.dispose]();
    await turn();
    expect(taken).toHaveLength(3);
  });

  it('to one host are no more than it is known to bear, for all transfers together', async () => {
    const connections = sharedConnections();
    const shares = [8, 8].map((parallelism) => connections.share({ host: 'a', parallelism }));
    const taken = await Promise.all(shares.map((share) => takenOf(share, 8, 3)));
    expect(taken.flat()).toHaveLength(3);
    // More were tried, and borne: those who wait are let in with the next one that asks.
    const [first] = shares;
    if (first !== undefined) await takenOf(first, 1, 5);
    expect(taken.flat()).toHaveLength(5);
  });

  it('to one host stay as many as it is known to bear when one is asked for by what knows nothing of it', async () => {
    const connections = sharedConnections();
    const [knowing, other] = [8, 8].map((parallelism) => connections.share({ host: 'a', parallelism }));
    if (knowing === undefined || other === undefined) throw new Error('no shares');
    const taken = await takenOf(knowing, 3, 3);
    expect([...taken, ...(await takenOf(other, 4))]).toHaveLength(3);
    // What was learned is forgotten: all may come.
    await takenOf(knowing, 1, Number.POSITIVE_INFINITY);
    expect(await takenOf(other, 1)).toHaveLength(1);
  });

  it('are 64 in all', async () => {
    const connections = sharedConnections();
    const hosts = ['a', 'b', 'c', 'd', 'e', 'f'];
    const taken = await Promise.all(hosts.map((host) => takenOf(connections.share({ host, parallelism: 16 }), 16)));
    expect(taken.flat()).toHaveLength(64);
  });

  it('are not kept from one host by those who wait for another', async () => {
    const connections = sharedConnections();
    await takenOf(connections.share({ host: 'a', parallelism: 8 }), 20);
    expect(await takenOf(connections.share({ host: 'b', parallelism: 8 }), 2)).toHaveLength(2);
  });

  it('of a probe are held until it is disposed of, or has failed', async () => {
    const share = sharedConnections().share({ host: 'a', parallelism: 16 });
    const failure = new PieceworkError('SourceNotFound', 'not there');
    const probes: (Error | Partial<Probe>)[] = [failure, { [Symbol.asyncDispose]: async () => {} }];
    const source = {
      schemes: ['http'],
      async probe() {
        const next = probes.shift();
        if (next instanceof Error) throw next;
        return next;
      },
    } as unknown as Source;
    await takenOf(share, 15);
    const inTurn = probesInTurn(() => source, share)('http://a/');
    await failureOf(inTurn.probe({ url: 'http://a/' }, 1, call()), 'SourceNotFound');
    const probe = await inTurn.probe({ url: 'http://a/' }, 1, call());
    const waiting = share.take(never);
    let isTaken = false;
    void waiting.then(() => (isTaken = true));
    await turn();
    expect(isTaken).toBe(false);
    await probe[Symbol.asyncDispose]();
    await waiting;
  });
});
