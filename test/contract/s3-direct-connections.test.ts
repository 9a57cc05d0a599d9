import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Content, Question } from '../../lib/s3/direct/connection.ts';
import type { StoreConnections } from '../../lib/s3/direct/connections.ts';
import { storeConnections } from '../../lib/s3/direct/connections.ts';
import { stopRequest } from '../../lib/s3/last-answer.ts';

// What a store may do on a connection of ours besides answering as it should.

const SIGNAL = new AbortController().signal;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const SLOW_DOWN = '<Error><Code>SlowDown</Code></Error>';
const REFUSAL = `HTTP/1.1 503 Busy\r\ncontent-length: ${SLOW_DOWN.length}\r\n\r\n${SLOW_DOWN}`;
const HEAD: Question = { method: 'HEAD', head: 'HEAD /b/k HTTP/1.1\r\nhost: h\r\n\r\n' };

type Parts = Exclude<Content, Uint8Array>;

let stack = new AsyncDisposableStack();
afterEach(async () => {
  const used = stack;
  stack = new AsyncDisposableStack();
  await used.disposeAsync();
});

interface Store {
  readonly connections: StoreConnections;
  readonly opened: () => number;
  ask(question: Question, signal?: AbortSignal): ReturnType<StoreConnections['ask']>;
}

/** @param heard is called with what came first on each connection, and each time that more comes. */
async function store(heard: (socket: Socket, times: number, chunk: Buffer) => void, limits = {}): Promise<Store> {
  let opened = 0;
  const server = createServer((socket) => {
    opened += 1;
    stack.defer(() => void socket.destroy());
    let times = 0;
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        times += 1;
        heard(socket, times, chunk);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connections = storeConnections({
    most: 4,
    connectTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    answerTimeoutMs: 5_000,
    ...limits,
  });
  stack.defer(() => connections.close());
  stack.defer(() => void server.close());
  const origin = { isSecure: false, host: '127.0.0.1', port };
  return {
    connections,
    opened: () => opened,
    ask: (question, signal = SIGNAL) => connections.ask(origin, question, signal),
  };
}

async function* twoParts(): Parts {
  yield [Buffer.from('x')];
  yield [Buffer.from('y')];
  return undefined;
}

async function* stuck(): Parts {
  yield [Buffer.from('x')];
  await new Promise(() => {});
  return undefined;
}

function put(content: Question['content']): Question {
  return { method: 'PUT', head: 'PUT /b/k HTTP/1.1\r\nhost: h\r\n\r\n', content };
}

test('requests one after the other go over one connection', async () => {
  const { ask, opened } = await store((socket) => socket.write(OK));
  for (let time = 0; time < 3; time += 1) expect(await ask(put(Buffer.from('x')))).toMatchObject({ status: 200 });
  expect(opened()).toBe(1);
});

test('an answer that comes before all is sent is heard, and the rest is not sent', async () => {
  let asked = 0;
  async function* endless(): Parts {
    for (;;) {
      asked += 1;
      yield [new Uint8Array(256 * 1024)];
    }
  }
  // It reads no more of what comes.
  const { ask, opened } = await store((socket, times) => {
    if (times === 1) socket.pause().write(REFUSAL);
  });
  const answer = await ask(put(endless()));
  expect([answer.status, answer.body.toString()]).toEqual([503, SLOW_DOWN]);
  expect(asked).toBeLessThan(200);
  await expect(ask(HEAD)).resolves.toMatchObject({ status: 503 });
  expect(opened()).toBe(2);
});

test('an answer is heard although the body does not go on', async () => {
  const { ask } = await store((socket) => socket.write(REFUSAL));
  await expect(ask(put(stuck()))).resolves.toMatchObject({ status: 503 });
});

test.each([
  ['more than its answer', `${OK}x`],
  ['that it closes', OK.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')],
])('where a store says %s, its connection is not used again', async (_, said) => {
  const { ask, opened } = await store((socket) => socket.write(said));
  await ask(HEAD);
  await ask(HEAD);
  expect(opened()).toBe(2);
});

test('what a body goes wrong with breaks its request off', async () => {
  const closed = Promise.withResolvers<void>();
  const { ask } = await store((socket) => socket.once('close', closed.resolve));
  async function* broken(): Parts {
    yield [Buffer.from('x')];
    throw new Error('of the body');
  }
  await expect(ask(put(broken()))).rejects.toThrow('of the body');
  await closed.promise;
});

test('the signal breaks a request off', async () => {
  const controller = new AbortController();
  const { ask } = await store(() => controller.abort(new Error('not wanted')));
  await expect(ask(HEAD, controller.signal)).rejects.toThrow('not wanted');
});

describe('a PUT that is stopped', () => {
  const stopped = new Error('not wanted');

  test.each([
    ['in one write', put(Buffer.from('x'))],
    ['in slices', put(Buffer.alloc(300 * 1024))],
    ['as it comes', { ...put(twoParts()), contentBytes: 2 }],
  ])('when all of it is on its way (%s) is over only when it is answered', async (_, question) => {
    const controller = new AbortController();
    const bytes = question.contentBytes ?? (question.content as Uint8Array).length;
    let came = -question.head.length;
    let isAnswered = false;
    const { ask } = await store((socket, _times, chunk) => {
      came += chunk.length;
      if (came < bytes) return;
      controller.abort(stopped);
      setTimeout(() => {
        isAnswered = true;
        socket.write(OK);
      }, 30);
    });
    await expect(ask(question, controller.signal)).rejects.toBe(stopped);
    expect(isAnswered).toBe(true);
  });

  test('and is not answered is over after a second, and may take effect', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    stack.defer(() => void vi.useRealTimers());
    const controller = new AbortController();
    const { ask } = await store(() => {
      controller.abort(stopped);
      setImmediate(() => vi.advanceTimersByTime(1_000));
    });
    const sent = ask(put(Buffer.from('x')), controller.signal);
    expect(await stopRequest('UploadPart', sent, () => {})).toBe(true);
  });

  test('when a part of it was sent is over at once', async () => {
    const controller = new AbortController();
    const { ask } = await store(() => controller.abort(stopped));
    const sent = ask({ ...put(stuck()), contentBytes: 2 }, controller.signal);
    await expect(sent).rejects.toBe(stopped);
    expect(await stopRequest('UploadPart', sent, () => {})).toBe(false);
  });
});

test.each([
  [{ answerTimeoutMs: 50 }, 'the store did not send its answer within 50 ms'],
  [{ idleTimeoutMs: 50 }, 'the store did not move within 50 ms'],
])('a store that is silent is not waited for: %o', async (limits, sentence) => {
  const { ask } = await store(() => {}, limits);
  await expect(ask(HEAD)).rejects.toMatchObject({ name: 'TimeoutError', message: sentence });
});

test('an answer that is too long is none; of an error its status stays', async () => {
  const head = 'content-length: 9999999\r\n\r\n';
  const { ask } = await store((socket) => socket.write(`HTTP/1.1 200 OK\r\n${head}`));
  await expect(ask(put(Buffer.from('x')))).rejects.toMatchObject({ name: 'AnswerTooLong' });
  const other = await store((socket) => socket.write(`HTTP/1.1 403 No\r\n${head}`));
  await expect(other.ask(put(Buffer.from('x')))).resolves.toMatchObject({ status: 403 });
});
