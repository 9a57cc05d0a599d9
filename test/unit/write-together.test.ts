import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { writeTogether } from '../../lib/net/sockets/write-together.ts';

/** Keeps what reaches the kernel, each call by itself. */
function socket() {
  const calls: string[] = [];
  const stream = new Writable({
    writev(chunks, done) {
      calls.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  writeTogether(stream as unknown as Socket);
  return { stream, calls };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('what is written in one turn goes out at once, the next turn by itself', async () => {
  const { stream, calls } = socket();
  stream.write('le');
  stream.write('ngth');
  await Promise.resolve();
  stream.write(' and more');
  expect(calls).toEqual([]);
  await nextTurn();
  expect(calls).toEqual(['length and more']);
  stream.write('again');
  await nextTurn();
  expect(calls).toEqual(['length and more', 'again']);
});

test('an end in the same turn takes everything along', async () => {
  const { stream, calls } = socket();
  stream.write('last words');
  stream.end();
  await nextTurn();
  expect(calls).toEqual(['last words']);
});
