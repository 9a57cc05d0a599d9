import { from, HTML, oneAtATime, raw, status, toRanges, without } from '../../../support/hostile-lies.ts';
import type { HostileRow, RowServers } from '../../../support/hostile-row.ts';
import type { Handler } from '../../../support/origin.ts';
import type { Resource } from '../../../support/origin-resource.ts';
import { sendResource } from '../../../support/origin-resource.ts';
import { patternBytes } from '../../../support/pattern.ts';

/** As a page comes, but for the header whose name is written so. */
const HTML_HEAD = { 'Content-Type': 'text/html' };

const honest = ({ shape }: RowServers): Resource => ({ size: shape.sizeBytes });

const GIANT = raw(`HTTP/1.1 206 Partial Content\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`);

/** Says `103 Early Hints` before each honest answer. */
const talkative =
  (servers: RowServers): Handler =>
  (request, response, logged) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    return sendResource(honest(servers), request, response, logged);
  };

/** The whole file, under a head whose lines end like this and that states its length so often. */
function byHand({ shape }: RowServers, end: string, lengths: number): Handler {
  const bytes = patternBytes(0, shape.sizeBytes);
  const stated = Array.from({ length: lengths }, () => `Content-Length: ${bytes.length}`);
  return (_request, response) => {
    response.socket?.write(['HTTP/1.1 200 OK', 'ETag: "v1"', ...stated, '', ''].join(end), 'latin1');
    response.socket?.end(bytes);
  };
}

export const HEADS: readonly HostileRow[] = [
  {
    what: 'a giant head, from the first request on',
    outcome: 'SourceMalformed',
    how: 'ends at 16 KiB',
    serve: () => GIANT,
  },
  {
    what: 'a giant head in the middle',
    outcome: 'SourceMalformed',
    how: 'ends at 16 KiB',
    serve: (servers) => from(3, honest(servers), GIANT),
  },
  {
    what: 'no HTTP at all',
    outcome: 'SourceMalformed',
    how: 'ends at once',
    serve: () => raw('220 ftp.example ready\r\n'),
  },
  {
    what: 'a header line without a colon',
    outcome: 'SourceMalformed',
    how: 'ends at once',
    serve: () => raw('HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n'),
  },
  {
    what: 'two lengths that contradict each other',
    outcome: 'SourceMalformed',
    how: 'ends at once',
    serve: () => raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456'),
  },
  {
    what: 'one length twice',
    outcome: 'bytes',
    how: 'it says the same',
    serve: (servers) => byHand(servers, '\r\n', 2),
  },
  {
    what: 'lines that end without CR',
    outcome: 'bytes',
    how: 'what they mean is clear',
    serve: (servers) => byHand(servers, '\n', 1),
  },
  {
    what: 'a length and chunks at once',
    outcome: 'SourceMalformed',
    how: 'ends at once',
    serve: () =>
      raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n'),
  },
  {
    what: 'a chunk whose size is nonsense',
    outcome: 'BodyShort',
    how: 'tried again, then given up',
    serve: () => raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n12345\r\n0\r\n\r\n'),
  },
  {
    what: 'an interim answer (103) before each answer',
    outcome: 'bytes',
    how: 'passed over',
    mode: 'pieces',
    serve: talkative,
  },
  {
    what: '`100 Continue` that was not asked for',
    outcome: 'SourceReset',
    how: 'the connection is not trusted any more; tried again, then given up',
    serve: (servers) => (request, response, logged) => {
      response.writeContinue();
      return sendResource(honest(servers), request, response, logged);
    },
  },
  {
    what: '204 without content',
    outcome: 'SourceMalformed',
    how: 'is not the bytes',
    serve: () => status(204, {}, ''),
  },
  {
    what: 'HTML instead of the file, `--expect-type application/*`',
    outcome: 'UnexpectedType',
    how: 'ends before anything is written',
    serve: () => HTML,
    options: { expect: { contentType: 'application/*', digests: {} } },
  },
  {
    what: 'HTML instead of the file, `--expect-size`',
    outcome: 'UnexpectedSize',
    how: 'ends before anything is visible',
    serve: () => HTML,
    options: { expect: { sizeBytes: 1_000_000, digests: {} } },
  },
  {
    what: 'HTML instead of a piece (200), and ever after',
    outcome: 'UnexpectedType',
    how: 'fewer connections, one, one answer: then it ends, and the pieces are kept for `retry`',
    serve: (servers) => from(3, honest(servers), HTML),
  },
  {
    what: 'HTML instead of a piece (200), and there was no validator',
    outcome: 'UnexpectedType',
    how: 'the type is compared',
    serve: (servers) => from(3, { ...honest(servers), etag: null }, HTML),
  },
  {
    what: 'HTML (200) from the third request on to whatever has a `Range`',
    outcome: 'bytes',
    how: 'fewer connections, one, and then one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => toRanges(3, honest(servers), HTML),
  },
  {
    what: 'HTML (200) to the second connection at a time',
    outcome: 'bytes',
    how: 'fewer connections, then one',
    version: 'any',
    serve: (servers) => oneAtATime(honest(servers), HTML),
    options: { parallelism: 4 },
  },
  {
    what: 'HTML (200) to the second connection at a time, and the file states no type',
    outcome: 'bytes',
    how: 'fewer connections, then one',
    version: 'any',
    serve: (servers) => without('content-type', oneAtATime(honest(servers), status(200, HTML_HEAD, '<h1>later</h1>'))),
    options: { parallelism: 4 },
  },
  {
    what: '403 to the second connection at a time',
    outcome: 'bytes',
    how: 'fewer connections, then one',
    version: 'any',
    serve: (servers) => oneAtATime(honest(servers), status(403)),
    options: { parallelism: 4 },
  },
  {
    what: 'another version in the middle, HTML at the second look',
    outcome: 'UnexpectedType',
    how: 'a page for people is no new version of the file',
    serve: (servers) => from(4, from(3, honest(servers), { ...honest(servers), etag: '"v2"' }), HTML),
    options: { parallelism: 1 },
  },
  {
    what: 'an empty 200 instead of a piece, and ever after',
    outcome: 'UnexpectedType',
    how: 'its length is compared; nothing is no version of something',
    serve: (servers) => from(3, honest(servers), status(200, { etag: '"v1"', 'content-length': '0' }, '')),
  },
];
