import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkHeadSoFar,
  framingOf,
  HEAD_ENDS,
  idleMsAfter,
  MOST_HEAD_BYTES,
  parseHead,
} from '../../lib/http/connections/head.ts';
import { fault } from '../../lib/net/errors/fault.ts';
import { readThrough } from '../../lib/net/sockets/read-through.ts';

const head = (lines: string, status = '200 OK') => parseHead(`HTTP/1.1 ${status}\r\n${lines}\r\n`);
const malformed = expect.objectContaining({ code: 'HEAD_MALFORMED' });

/** A connection on which these come, one after the other, and then its end. */
function coming(chunks: readonly string[]) {
  const left = chunks.map((chunk) => Buffer.from(chunk, 'latin1') as Uint8Array);
  return {
    left: () => Buffer.concat(left).toString('latin1'),
    async peek() {
      return left[0] ?? new Uint8Array(0);
    },
    skip(bytes: number) {
      const rest = left[0]?.subarray(bytes) ?? new Uint8Array(0);
      if (rest.length === 0) left.shift();
      else left[0] = rest;
    },
  };
}

const hear = (socket: ReturnType<typeof coming>) =>
  readThrough(socket, {
    ends: HEAD_ENDS,
    mostBytes: MOST_HEAD_BYTES,
    check: checkHeadSoFar,
    tooLong: () => fault('HEAD_TOO_LARGE', 'too large'),
  });

describe('the head of an answer', () => {
  it('is a status and headers, names in lower case, spaces around values dropped, several of one name joined', () => {
    expect(head('ETag:\t "v1" \r\nX-A: 1\r\nx-a:2\r\nEmpty:\r\nLatin: \xe9\xa0\r\n', '206 Partial')).toEqual({
      minorVersion: 1,
      status: 206,
      headers: { etag: '"v1"', 'x-a': '1, 2', empty: '', latin: '\xe9\xa0' },
    });
    expect(parseHead('HTTP/1.0 200\r\n\r\n')).toEqual({ minorVersion: 0, status: 200, headers: {} });
    expect(Object.keys(head('__proto__: x\r\n').headers)).toEqual(['__proto__']);
  });

  it.each([
    ['no colon', 'this is no header\r\n'],
    ['a space before the colon', 'Content-Length : 2\r\n'],
    ['a folded line', 'X: a\r\n b\r\n'],
    ['no name', ': a\r\n'],
    ['a space in the name', 'X y: a\r\n'],
    ['a name beyond ASCII', 'X\xe9: a\r\n'],
    ['a control character', 'X: a\x01b\r\n'],
    ['a NUL', 'X: a\0b\r\n'],
    ['a lone CR', 'X: a\rb\r\n'],
    ['a signed length', 'Content-Length: +2\r\n'],
    ['an empty length', 'Content-Length:\r\n'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['a list of lengths', 'Content-Length: 5, 5\r\n'],
  ])('with %s is refused', (_what, lines) => {
    expect(() => head(lines)).toThrow(malformed);
  });

  it.each([
    'ICY 200 OK',
    'http/1.1 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 99 OK',
    'HTTP/1.1 1000 OK',
    'HTTP/1.1 20x OK',
    ' HTTP/1.1 200 OK',
  ])('that begins with %j is refused', (line) => {
    expect(() => parseHead(`${line}\r\n\r\n`)).toThrow(malformed);
  });

  it.each([
    'HTTP/1.1 200 OK\nX: a\nContent-Length: 5\n\n',
    'HTTP/1.1 200 OK\r\nX: a\nContent-Length: 5\r\n\n',
    'HTTP/1.1 200 OK\nX: a\r\nContent-Length: 5\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: a\r\ncontent-length:5\r\n\r\n',
  ])('whose meaning is clear is taken as others take it: %j', async (text) => {
    const socket = coming([...text, 'body\n\n']);
    const heard = await hear(socket);
    expect(heard).toBe(text);
    expect(parseHead(heard ?? '').headers).toEqual({ x: 'a', 'content-length': '5' });
    expect(socket.left()).toBe('body\n\n');
  });

  it('says how the body ends', () => {
    expect(framingOf(head('Content-Length: 7\r\n'))).toEqual({ kind: 'length', bytes: 7 });
    expect(framingOf(head('Transfer-Encoding: Chunked\r\n'))).toEqual({ kind: 'chunked' });
    expect(framingOf(head(''))).toEqual({ kind: 'untilClosed' });
    expect(framingOf(head('Content-Length: 7\r\n', '304 Not Modified'))).toEqual({ kind: 'length', bytes: 0 });
    expect(() => framingOf(head('Content-Length: 7\r\nTransfer-Encoding: chunked\r\n'))).toThrow(malformed);
    for (const coding of ['gzip, chunked', 'identity', 'chunked, chunked', '']) {
      expect(() => framingOf(head(`Transfer-Encoding: ${coding}\r\n`))).toThrow(malformed);
    }
  });

  it.each([
    ['', 4_000],
    ['Keep-Alive: timeout=60, max=100\r\n', 59_000],
    ['Keep-Alive: max=100, timeout=5\r\n', 4_000],
    ['Keep-Alive: timeout=1\r\n', 0],
    ['Keep-Alive: timeout=999999999\r\n', 600_000],
    ['Connection: close\r\n', 0],
    ['Connection: x , Close\r\n', 0],
  ])('with %j leaves the connection open for so long', (lines, expected) => {
    expect(idleMsAfter(head(lines))).toBe(expected);
  });

  it('of HTTP/1.0, or with a body that must not be there, leaves no connection', () => {
    expect(idleMsAfter(parseHead('HTTP/1.0 200 OK\r\n\r\n'))).toBe(0);
    expect(idleMsAfter(parseHead('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n'))).toBe(4_000);
    expect(idleMsAfter(head('Content-Length: 7\r\n', '304 Not Modified'))).toBe(0);
    expect(idleMsAfter(head('', '204 No Content'))).toBe(4_000);
  });
});

describe('a head that comes in parts', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9-]{1,8}$/).filter((text) => !/^content-length$/i.test(text));
  const value = fc.stringMatching(/^[!-~][ -~]{0,10}$/);

  it('is the same wherever it is cut, and leaves what follows it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, value), { maxLength: 4 }),
        fc.string({ unit: 'binary-ascii', maxLength: 10 }),
        async (lines, body) => {
          const text = `HTTP/1.1 206 Partial Content\r\n${lines.map(([key, is]) => `${key}: ${is}\r\n`).join('')}\r\n`;
          for (let cut = 1; cut < text.length; cut += 1) {
            const socket = coming([text.slice(0, cut), text.slice(cut) + body]);
            expect(await hear(socket)).toBe(text);
            expect(socket.left()).toBe(body);
          }
          const crumbs = coming([...text, ...(body === '' ? [] : [body])]);
          expect(await hear(crumbs)).toBe(text);
          expect(crumbs.left()).toBe(body);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is refused as soon as it can become none', async () => {
    await expect(hear(coming(['2', '20 welcome']))).rejects.toThrow(malformed);
    await expect(hear(coming(['HTTP/2', ' 200']))).rejects.toThrow(malformed);
    await expect(hear(coming(['HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(MOST_HEAD_BYTES)]))).rejects.toThrow('too large');
    expect(await hear(coming(['HTTP/1.1 200 OK\r\nX: y\r\n']))).toBeUndefined();
  });
});
