import { describe, expect, it } from 'vitest';
import type { Poolable } from '../../lib/net/pools/pool.ts';
import { connectionPool } from '../../lib/net/pools/pool.ts';
import { poolsOf } from '../../lib/net/pools/pools.ts';
import { recentlyUsed } from '../../lib/net/pools/recently-used.ts';

const { signal } = new AbortController();

/** Pools of servers with these names; which connections are open is written down. */
function twoPools() {
  const open: string[] = [];
  const opened: string[] = [];
  const pools = poolsOf<string, Poolable>(
    (server) => server,
    (server) =>
      connectionPool({
        open() {
          open.push(server);
          opened.push(server);
          const close = () => {
            if (open.includes(server)) open.splice(open.indexOf(server), 1);
          };
          return Promise.resolve({ usable: true, close });
        },
      }),
    2,
  );
  const use = async (server: string) => (await pools.of(server).borrow(signal)).release('reusable');
  return { pools, open, opened, use };
}

describe('pools of connections, of which two are kept', () => {
  it('close the idle connections of the server that was used longest ago', async () => {
    const { open, opened, use } = twoPools();
    for (const server of ['a', 'b', 'a', 'c', 'a']) await use(server);
    expect(opened).toEqual(['a', 'b', 'c']);
    expect(open).toEqual(['a', 'c']);
  });

  it('leave a connection that is at work, and close it when it is given back', async () => {
    const { pools, open, use } = twoPools();
    const lease = await pools.of('a').borrow(signal);
    for (const server of ['b', 'c']) await use(server);
    expect(open).toEqual(['a', 'b', 'c']);
    lease.release('reusable');
    expect(open).toEqual(['b', 'c']);
  });

  it('close those at work, too, when all are closed', async () => {
    const { pools, open, use } = twoPools();
    const lease = await pools.of('a').borrow(signal);
    for (const server of ['b', 'c']) await use(server);
    pools.close();
    lease.release('reusable');
    expect(open).toEqual([]);
  });
});

it('what was used last is kept, what gives way is told of', () => {
  const dropped: number[] = [];
  const kept = recentlyUsed<number>(2, (value) => dropped.push(value));
  let made = 0;
  const make = () => {
    made += 1;
    return made;
  };
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map((name) => kept.of(name, make))).toEqual([1, 2, 1, 3, 1, 4]);
  expect(dropped).toEqual([2, 3]);
  expect([...kept.all()]).toEqual([1, 4]);
});
