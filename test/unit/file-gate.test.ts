import { describe, expect, test } from 'vitest';
import { gate, turns } from '../../lib/destinations/file/gate.ts';

const never = new AbortController().signal;
const settle = () => new Promise(setImmediate);

describe('a gate', () => {
  test('closed, it lets nothing begin, and waits for what is under way', async () => {
    const refusal = new Error('closed');
    const io = gate(() => refusal);
    const { promise, resolve } = Promise.withResolvers<string>();
    const under = io.pass(() => promise);
    let isClosed = false;
    const closing = io.close().then(() => {
      isClosed = true;
    });
    let ran = false;
    const late = io.pass(async () => {
      ran = true;
    });
    await expect(late).rejects.toBe(refusal);
    await settle();
    expect([isClosed, ran]).toEqual([false, false]);
    resolve('done');
    await closing;
    expect(await under).toBe('done');
  });

  test('closes also when what is under way fails, and opens again', async () => {
    const io = gate(() => new Error('closed'));
    const failing = io.pass(() => Promise.reject(new TypeError('failed')));
    await Promise.all([io.close(), expect(failing).rejects.toBeInstanceOf(TypeError)]);
    io.open();
    expect(await io.pass(async () => 'passed')).toBe('passed');
  });
});

describe('turns', () => {
  test('come one after the other for a key, in the order of asking, and side by side for others', async () => {
    const inTurn = turns();
    const first = Promise.withResolvers<void>();
    const order: string[] = [];
    const run = (name: string, wait?: Promise<void>) => async () => {
      order.push(`${name} begins`);
      await wait;
      order.push(`${name} ends`);
    };
    const all = [
      inTurn('a', never, run('a1', first.promise)),
      inTurn('a', never, run('a2')),
      inTurn('b', never, run('b1')),
      inTurn('a', never, run('a3')),
    ];
    await settle();
    expect(order).toEqual(['a1 begins', 'b1 begins', 'b1 ends']);
    first.resolve();
    await Promise.all(all);
    expect(order.slice(3)).toEqual(['a1 ends', 'a2 begins', 'a2 ends', 'a3 begins', 'a3 ends']);
  });

  test('go on after one that failed, and keep their order when one is stopped while it waits', async () => {
    const inTurn = turns();
    const first = Promise.withResolvers<void>();
    const [failure, reason] = [new Error('failed'), new Error('stopped')];
    const stopping = new AbortController();
    let [ranSecond, ranThird] = [false, false];
    const failing = inTurn('a', never, () => first.promise);
    const second = inTurn('a', stopping.signal, async () => {
      ranSecond = true;
    });
    const third = inTurn('a', never, async () => {
      ranThird = true;
    });
    stopping.abort(reason);
    await expect(second).rejects.toBe(reason);
    await settle();
    expect(ranThird).toBe(false);
    first.reject(failure);
    await expect(failing).rejects.toBe(failure);
    await third;
    expect([ranSecond, ranThird]).toEqual([false, true]);
  });
});
