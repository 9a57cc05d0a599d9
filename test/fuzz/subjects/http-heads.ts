import { readFramed } from '../../../lib/http/connections/framed-body.ts';
import { checkHeadSoFar, framingOf, HEAD_ENDS, idleMsAfter, parseHead } from '../../../lib/http/connections/head.ts';
import type { PullSocket } from '../../../lib/net/sockets/pull-socket.ts';
import { mutatedBytes } from '../inputs.ts';
import { refusing, refusingLater, subject } from '../subject.ts';

const HEADS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Type: text/html\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5, max=9\r\n\r\n',
  'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/100\r\nETag: "a"\r\nTransfer-Encoding: chunked\r\n\r\n',
  'HTTP/1.0 302 Found\r\nLocation: https://h.example/a?b=c\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nConnection: close, x\r\n\r\n',
];
const WORDS = [
  'HTTP/1.1 100 \r\n\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 1\r\n',
  '\r\n\r\n',
  'timeout=9',
  ' :',
  '\n ',
];

const CHUNKS = ['5\r\nabcde\r\n0\r\n\r\n', 'a;x="y"\r\n0123456789\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n'];

export const HTTP_HEADS = [
  subject({
    name: 'http-heads',
    weight: 3,
    inputs: mutatedBytes(HEADS, WORDS),
    begin: () => (text) => {
      refusing(() => checkHeadSoFar(text));
      const end = Math.min(...HEAD_ENDS.map((mark) => (text.includes(mark) ? text.indexOf(mark) + mark.length : 1e9)));
      if (end > text.length) return;
      refusing(() => {
        const head = parseHead(text.slice(0, end));
        const idleMs = idleMsAfter(head);
        if (!(idleMs >= 0)) throw new TypeError(`idle for ${idleMs} ms`);
        const framing = framingOf(head);
        if (framing.kind === 'length' && !Number.isSafeInteger(framing.bytes)) throw new TypeError('no length');
      });
    },
  }),
  subject({
    name: 'http-chunks',
    inputs: mutatedBytes(CHUNKS, ['fffffffffffff', '0\r\n', '\r\n', ';', '-1', '0x1']),
    begin: () => async (text) => {
      const body = readFramed(socketOf(Buffer.from(text, 'latin1')), { kind: 'chunked' });
      const into = new Uint8Array(1024);
      // Each read brings a byte at least, or ends it.
      await refusingLater(async () => {
        for (let bytes = 0; ; ) {
          const got = await body(into, 1000);
          bytes += got;
          if (bytes > text.length) throw new TypeError('more comes out than went in');
          if (got === 0) return;
        }
      });
    },
  }),
];

/** Bytes that have all come already. */
function socketOf(bytes: Buffer): PullSocket {
  let at = 0;
  const socket: Pick<PullSocket, 'read' | 'peek' | 'skip'> = {
    async read(into) {
      const got = bytes.subarray(at, at + into.length);
      into.set(got);
      at += got.length;
      return got.length;
    },
    peek: async () => bytes.subarray(at),
    skip(count) {
      at += count;
    },
  };
  return socket as PullSocket;
}
