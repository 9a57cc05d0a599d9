import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { SftpClient, StatusAnswer } from '../../lib/sources/sftp/protocol/client.ts';
import { MalformedAnswer } from '../../lib/sources/sftp/protocol/fields.ts';
import { ANSWER, LIMITS, message, QUESTION } from '../../lib/sources/sftp/protocol/messages.ts';
import { patternBytes } from '../support/pattern.ts';

const HANDLE = Buffer.from('h');
const BYTES = patternBytes(0, 1000);

/** What a READ is answered with: the number of the question, then the data. */
const data = (id: number, bytes: Uint8Array): Buffer => message(ANSWER.data, id, bytes);

interface Question {
  readonly kind: number;
  readonly id: number;
}

/** The client, and the other side: what it was asked, and how it answers. */
async function started(extensions: readonly string[] = [], answerLimits?: (id: number) => Buffer) {
  const [here, there] = duplexPair();
  const asked: Question[] = [];
  there.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
      const question = { kind: bytes.readUInt8(at + 4), id: bytes.readUInt32BE(at + 5) };
      if (question.kind === QUESTION.init) there.write(message(ANSWER.version, 3, ...extensions));
      else if (question.kind === QUESTION.extended && answerLimits !== undefined)
        there.write(answerLimits(question.id));
      else asked.push(question);
    }
  });
  const letGo = vi.fn();
  const client = await SftpClient.start(here, letGo);
  const question = async (index: number): Promise<number> => {
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(index));
    return asked[index]?.id ?? -1;
  };
  return { client, there, question, letGo };
}

function writeCut(to: Duplex, bytes: Uint8Array, every: number): void {
  for (let at = 0; at < bytes.length; at += every) to.write(bytes.subarray(at, at + every));
}

test.each([1, 3, 7, 64, 5000])('answers are read, cut every %i bytes, in any order', async (every) => {
  const { client, there, question } = await started();
  const [first, second] = [new Uint8Array(600), new Uint8Array(1000)];
  const reads = [
    client.read(HANDLE, first, 0),
    client.read(HANDLE, second, 600),
    client.read(HANDLE, new Uint8Array(9), 5e9),
  ];
  const stat = client.stat('file');
  const [a, b, c, d] = [await question(0), await question(1), await question(2), await question(3)];
  const attributes = message(ANSWER.attributes, d, 1 | 2 | 4 | 8, 5_000_000_000n, 7, 7, 0o100644, 11, 12);
  const all = Buffer.concat([
    data(b, BYTES.subarray(600)),
    attributes,
    message(ANSWER.status, c, 1),
    data(a, BYTES.subarray(0, 600)),
  ]);
  writeCut(there, all, every);
  expect(await Promise.all(reads)).toEqual([600, 400, 0]);
  expect(await stat).toEqual({ size: 5_000_000_000, mode: 0o100644, mtime: 12 });
  expect(Buffer.concat([first, second.subarray(0, 400)]).equals(BYTES)).toBe(true);
});

test('what was read of a chunk is let go, once', async () => {
  const { client, there, question, letGo } = await started();
  letGo.mockClear();
  const read = client.read(HANDLE, new Uint8Array(1000), 0);
  there.write(data(await question(0), BYTES));
  await read;
  expect(letGo).toHaveBeenCalledTimes(1);
});

test('a refusal has its number, and the connection is none the worse for it', async () => {
  const { client, there, question } = await started();
  const refused = client.open('file');
  there.write(message(ANSWER.status, await question(0), 3, 'no', 'en'));
  await expect(refused).rejects.toEqual(new StatusAnswer(3));
  const opened = client.open('file');
  there.write(message(ANSWER.handle, await question(1), HANDLE));
  expect(Buffer.from(await opened)).toEqual(HANDLE);
});

const LIES: readonly (readonly [string, (id: number) => Buffer])[] = [
  ['more data than were asked for', (id) => data(id, new Uint8Array(101))],
  ['a handle', (id) => message(ANSWER.handle, id, HANDLE)],
  ['a message of 16 MiB', () => Buffer.from([1, 0, 0, 0, ANSWER.data])],
  ['an empty message', () => Buffer.from([0, 0, 0, 0, 0])],
  [
    'data that are longer than their message',
    (id) => Buffer.concat([message(ANSWER.data, id, 100), new Uint8Array(100)]),
  ],
  ['data without a length', (id) => message(ANSWER.data, id)],
  ['a status without a number', (id) => message(ANSWER.status, id)],
];

test.each(LIES)('%s in answer to a READ: it fails, and so does all that is asked', async (_what, lie) => {
  const { client, there, question } = await started();
  const into = new Uint8Array(100);
  const read = client.read(HANDLE, into, 0);
  const other = client.stat('file');
  const failures = Promise.allSettled([read, other]);
  const id = await question(0);
  there.write(lie(id));
  for (const { status } of await failures) expect(status).toBe('rejected');
  expect(await client.ended).toBeInstanceOf(MalformedAnswer);
  expect(client.isOpen).toBe(false);
  await expect(client.read(HANDLE, into, 0)).rejects.toBeInstanceOf(MalformedAnswer);
  // What comes afterwards lands nowhere.
  there.write(data(id, new Uint8Array(100).fill(7)));
  await new Promise((resolve) => setImmediate(resolve));
  expect(into.every((byte) => byte === 0)).toBe(true);
});

test('data that nobody waits for are passed over', async () => {
  const { client, there, question } = await started();
  const into = new Uint8Array(1000);
  const read = client.read(HANDLE, into, 0);
  const id = await question(0);
  there.write(Buffer.concat([data(id + 1, BYTES), data(id, BYTES)]));
  expect(await read).toBe(1000);
  expect(Buffer.from(into).equals(BYTES)).toBe(true);
});

test('a channel that ends in the middle of data ends what is asked', async () => {
  const { client, there, question } = await started();
  const read = client.read(HANDLE, new Uint8Array(1000), 0);
  const failed = expect(read).rejects.toThrow('the channel ended');
  there.end(data(await question(0), BYTES).subarray(0, 500));
  await failed;
});

test('what is no SFTP does not start', async () => {
  const [here, there] = duplexPair();
  there.write('This account is not available.\n');
  await expect(SftpClient.start(here, () => {})).rejects.toBeInstanceOf(MalformedAnswer);
});

test.each([
  ['none', 0n, 255 * 1024],
  ['less', 100_000n, 100_000],
  ['more', 10_000_000n, 255 * 1024],
])('a server that says its limits: %s', async (_what, limit, readBytes) => {
  const limits = (id: number) => message(ANSWER.extended, id, 262_144n, limit, 0n, 0n);
  const { client } = await started([LIMITS, '1'], limits);
  expect(client.readBytes).toBe(readBytes);
});

test('one that refuses to say its limits, and one that has none to say, are asked for what each must give', async () => {
  const refusing = await started([LIMITS, '1'], (id) => message(ANSWER.status, id, 8));
  expect(refusing.client.readBytes).toBe(31 * 1024);
  expect((await started()).client.readBytes).toBe(31 * 1024);
});
