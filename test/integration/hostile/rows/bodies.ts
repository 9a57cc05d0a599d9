import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  between,
  byRequest,
  close,
  cutUnderTls,
  from,
  toRanges,
  untilClosed,
  withBody,
} from '../../../support/hostile-lies.ts';
import type { HostileRow, RowServers } from '../../../support/hostile-row.ts';
import type { Resource } from '../../../support/origin-resource.ts';
import { patternBytes } from '../../../support/pattern.ts';

/** Only where a row is about it: a busy machine must not make an honest server look slow. */
const IMPATIENT = { stallTimeoutMs: 400, headersTimeoutMs: 400 };

/** Stored with one put. */
const SMALL_BYTES = 300_000;

const honest = ({ shape }: RowServers): Resource => ({ size: shape.sizeBytes });
const zipped = ({ shape }: RowServers): Buffer => gzipSync(patternBytes(0, shape.sizeBytes), { level: 1 });

export const BODIES: readonly HostileRow[] = [
  {
    what: 'every piece one byte short',
    outcome: 'BodyShort',
    how: 'counted; what is lacking is asked for, then tried again, then given up',
    serve: (servers) => from(2, honest(servers), { ...honest(servers), excessBytes: -1 }),
  },
  {
    what: 'one piece one byte short, once',
    outcome: 'bytes',
    how: 'the byte is asked for, and the rest kept',
    mode: 'pieces',
    serve: (servers) => between(2, 2, honest(servers), { ...honest(servers), excessBytes: -1 }),
    options: { maxFailures: 1 },
  },
  {
    what: 'one byte long, chunked',
    outcome: 'bytes',
    how: 'counted; tried again, then taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => toRanges(2, honest(servers), { ...honest(servers), chunked: true, excessBytes: 1 }),
  },
  {
    what: 'one byte long, chunked, the whole as well',
    outcome: 'BodyLong',
    how: 'one answer that does not state its length is as long as its ranges said of the same version',
    serve: (servers) => from(2, honest(servers), { ...honest(servers), chunked: true, excessBytes: 1 }),
  },
  {
    what: 'one byte long, and its `Content-Length` too',
    outcome: 'bytes',
    how: 'the length contradicts the range, so nothing is read: taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) =>
      toRanges(
        2,
        honest(servers),
        withBody(honest(servers), (response, { start, end, headers }) => {
          const length = end - start + 1;
          response.writeHead(206, { ...headers, 'content-length': String(length) }).end(patternBytes(start, length));
        }),
      ),
  },
  {
    what: 'a byte after the end of each answer',
    outcome: 'bytes',
    how: 'the answer is whole; the connection is not used again',
    mode: 'pieces',
    serve: (servers) =>
      withBody(honest(servers), (response, { start, end, headers }) => {
        const lines = Object.entries({ ...headers, 'content-length': String(end - start) });
        const { socket } = response;
        socket?.write(
          `HTTP/1.1 206 Partial Content\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
        );
        socket?.write(patternBytes(start, end - start));
        socket?.end('x');
      }),
  },
  {
    what: 'compressed in spite of `Accept-Encoding: identity`, from the first request on',
    outcome: 'bytes',
    how: 'stored as it came, with its `Content-Encoding` where the store keeps one, and a warning',
    mode: 'stream',
    serve: (servers) => ({
      bytes: zipped(servers),
      headers: { 'content-encoding': 'gzip' },
      ignoreRange: true,
      chunked: true,
    }),
    bytes: zipped,
  },
  {
    what: 'compressed from the third request on',
    outcome: 'BodyEncoded',
    how: 'ends at once: its ranges are of something else',
    serve: (servers) => from(3, honest(servers), { ...honest(servers), headers: { 'content-encoding': 'gzip' } }),
  },
  {
    what: 'stalls for ever in the middle of every piece',
    http: IMPATIENT,
    outcome: 'SourceStalled',
    how: 'broken off after the stall time-out; the rest is asked for as long as that brings enough, then given up',
    serve: (servers) => from(2, honest(servers), { ...honest(servers), stallAfterBytes: 1000 }),
  },
  {
    what: 'stalls in the middle of one piece',
    http: IMPATIENT,
    options: { maxFailures: 1 },
    outcome: 'bytes',
    how: 'the rest of the piece is asked for, on another connection',
    mode: 'pieces',
    serve: (servers) => between(2, 3, honest(servers), { ...honest(servers), stallAfterBytes: 1000 }),
  },
  {
    what: 'stalls in the middle of a stream, once',
    http: IMPATIENT,
    options: { maxFailures: 20 },
    outcome: 'bytes',
    how: 'the stream starts over',
    mode: 'stream',
    serve: (servers) =>
      between(
        1,
        1,
        { ...honest(servers), ignoreRange: true },
        { ...honest(servers), ignoreRange: true, stallAfterBytes: servers.shape.sizeBytes - 100 },
      ),
  },
  {
    what: 'one byte a second, with a least speed given',
    outcome: 'SourceStalled',
    how: 'too slow over a whole stall time-out; tried again, then given up',
    serve: (servers) => from(2, honest(servers), { ...honest(servers), bytesPerSecond: 50 }),
    http: { minBytesPerSecond: 100_000, stallTimeoutMs: 400 },
  },
  {
    what: 'one byte every now and then, from all of several connections',
    http: { stallTimeoutMs: 300 },
    outcome: 'SourceStalled',
    how: 'less than 1 KiB/s over two stall time-outs; tried again, then given up',
    serve: (servers) => ({ ...honest(servers), bytesPerSecond: 50 }),
  },
  {
    what: 'one byte every now and then, and no least speed',
    outcome: 'DeadlineExceeded',
    how: 'ends at the deadline, whatever hangs',
    serve: (servers) => from(2, honest(servers), { ...honest(servers), bytesPerSecond: 50 }),
    options: { deadlineMs: 1500 },
  },
  {
    what: 'one byte every now and then in a stream, and no least speed',
    outcome: 'DeadlineExceeded',
    how: 'ends at the deadline, whatever hangs',
    serve: (servers) => ({ ...honest(servers), bytesPerSecond: 50, ignoreRange: true }),
    options: { deadlineMs: 1500 },
  },
  {
    what: 'resets the connection within every piece',
    outcome: 'SourceReset',
    how: 'the rest is asked for as long as that brings enough, then given up',
    // Over TLS a reset looks like an end, and so like a short body.
    only: 'http',
    serve: (servers) => from(2, honest(servers), { ...honest(servers), resetAfterBytes: 1000 }),
  },
  {
    what: 'resets every second connection',
    outcome: 'bytes',
    how: 'the rest of the piece is asked for, on another connection',
    mode: 'pieces',
    serve: (servers) =>
      byRequest((number) => (number % 2 === 0 ? { ...honest(servers), resetAfterBytes: 1000 } : honest(servers))),
  },
  {
    what: 'cuts every connection after 200 kB',
    outcome: 'bytes',
    how: 'each piece goes on where its connection broke',
    mode: 'pieces',
    serve: (servers) => ({ ...honest(servers), resetAfterBytes: 200_000 }),
    // A reset can take with it what had come.
    options: { maxFailures: 20 },
    // Over TLS a reset looks like an end.
    only: 'http',
  },
  {
    what: 'ends every answer after 200 kB, whatever it promised',
    outcome: 'bytes',
    how: 'each piece goes on where its body ended',
    mode: 'pieces',
    serve: (servers) => ({ ...honest(servers), endAfterBytes: 200_000 }),
    options: { maxFailures: 1 },
  },
  {
    what: 'ends every answer after 20 kB, and the file fits one put',
    outcome: 'bytes',
    how: 'the body goes on where it ended',
    serve: () => ({ size: SMALL_BYTES, endAfterBytes: 20_000 }),
    bytes: () => patternBytes(0, SMALL_BYTES),
    mode: 'single',
    options: { maxFailures: 1, pieceSizeBytes: 5 * 1024 ** 2 },
  },
  {
    what: 'ends every answer after 200 kB, and the file is another version from the fourth request on, `--on-source-change fail`',
    outcome: 'SourceChanged',
    how: 'the rest of a piece is of its own version, or none',
    serve: (servers) =>
      from(
        4,
        { ...honest(servers), endAfterBytes: 200_000 },
        { ...honest(servers), endAfterBytes: 200_000, etag: '"v2"', seed: 2 },
      ),
    options: { onSourceChange: 'fail' },
  },
  {
    what: 'goes silent after 200 kB on every connection',
    http: IMPATIENT,
    outcome: 'bytes',
    how: 'broken off after the stall time-out, and the rest asked for',
    mode: 'pieces',
    serve: (servers) => ({ ...honest(servers), stallAfterBytes: 200_000 }),
    // A busy machine is silent for as long, before the first byte.
    options: { maxFailures: 20, parallelism: 4 },
  },
  {
    what: 'closes before the first byte, always',
    outcome: 'SourceReset',
    how: 'tried again, then given up',
    serve: () => close,
  },
  {
    what: 'closes before the first byte, every second time',
    outcome: 'bytes',
    how: 'asked again',
    mode: 'pieces',
    serve: (servers) => byRequest((number) => (number % 2 === 1 ? close : honest(servers))),
    options: { maxFailures: 20 },
  },
  {
    what: 'no length, chunked, no ranges',
    outcome: 'bytes',
    how: 'a stream; the chunks say where it ends',
    mode: 'stream',
    serve: (servers) => ({ ...honest(servers), ignoreRange: true, chunked: true }),
  },
  {
    what: 'no length, chunked, and broken off',
    outcome: 'BodyShort',
    how: 'the last chunk never came; tried again, then given up',
    serve: (servers) => ({ ...honest(servers), ignoreRange: true, chunked: true, excessBytes: -100 }),
  },
  {
    what: 'no length and no chunks: the end of the connection is the end',
    outcome: 'bytes',
    how: 'a stream; nothing proves that end: a warning, and `end: unproved` in the result',
    mode: 'stream',
    end: 'unproved',
    only: 'http',
    serve: ({ shape }) => untilClosed(patternBytes(0, shape.sizeBytes)),
  },
  {
    what: 'the same, and `--strict`',
    outcome: 'EndUnproved',
    how: 'ends before anything is written',
    only: 'http',
    serve: ({ shape }) => untilClosed(patternBytes(0, shape.sizeBytes)),
    options: { strict: true },
  },
  {
    what: 'the same, `--strict`, and the size expected',
    outcome: 'bytes',
    how: 'the size proves the end',
    mode: 'stream',
    serve: ({ shape }) => untilClosed(patternBytes(0, shape.sizeBytes)),
    options: ({ shape }) => ({ strict: true, expect: { sizeBytes: shape.sizeBytes, digests: {} } }),
  },
  {
    what: 'the same, `--strict`, and a digest expected',
    outcome: 'bytes',
    how: 'the digest proves the end',
    mode: 'stream',
    version: 'digest',
    serve: ({ shape }) => untilClosed(patternBytes(0, shape.sizeBytes)),
    options: ({ shape }) => ({
      strict: true,
      expect: { digests: { sha256: createHash('sha256').update(patternBytes(0, shape.sizeBytes)).digest('hex') } },
    }),
  },
  {
    what: 'the same over TLS, `--strict`',
    outcome: 'bytes',
    how: 'a stream; TLS says that it ends',
    mode: 'stream',
    only: 'https',
    serve: ({ shape }) => untilClosed(patternBytes(0, shape.sizeBytes)),
    options: { strict: true },
  },
  {
    what: 'the same over TLS, cut off without `close_notify`',
    outcome: 'BodyShort',
    how: 'asked for again where TLS is watched: a connection that only ends proves nothing',
    only: 'https',
    serve: ({ shape }) => cutUnderTls(patternBytes(0, shape.sizeBytes - 1)),
  },
  {
    what: 'the same, broken off, with the size expected',
    outcome: 'UnexpectedSize',
    how: 'counted before anything is visible',
    serve: ({ shape }) => untilClosed(patternBytes(0, shape.sizeBytes - 1)),
    options: ({ shape }) => ({ expect: { sizeBytes: shape.sizeBytes, digests: {} } }),
  },
  {
    what: 'ranges, but no `Content-Length` (chunked)',
    outcome: 'bytes',
    how: 'the range says how long it is',
    mode: 'pieces',
    serve: (servers) => ({ ...honest(servers), chunked: true }),
  },
];
