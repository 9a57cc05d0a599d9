import { createHash } from 'node:crypto';
import { byRequest, from, multipart, status, toRanges, withBody } from '../../../support/hostile-lies.ts';
import type { HostileRow, RowServers } from '../../../support/hostile-row.ts';
import type { Handler } from '../../../support/origin.ts';
import type { Resource } from '../../../support/origin-resource.ts';
import { patternBytes } from '../../../support/pattern.ts';

const honest = ({ shape }: RowServers): Resource => ({ size: shape.sizeBytes });
const wholeOf = ({ shape }: RowServers): Buffer => patternBytes(0, shape.sizeBytes);

/** Shifts every range by a hundred bytes, and says so or not. */
const shifted = (servers: RowServers, says: 'truth' | 'lie'): Resource => ({
  ...honest(servers),
  shiftRange: ({ start, end }) => ({ start: start + 100, end: end + 100 }),
  ...(says === 'lie'
    ? {}
    : { contentRange: ({ start, end }, size) => `bytes ${start + 100}-${Math.min(end + 99, size - 1)}/${size}` }),
});

/** Refuses whatever has a `Range`, and gives the whole to a request without one. */
const withoutRanges =
  (code: number) =>
  (servers: RowServers): Handler =>
    toRanges(1, honest(servers), status(code));

export const RANGES: readonly HostileRow[] = [
  ...[400, 403, 501].map(
    (code): HostileRow => ({
      what: `${code} to whatever has a \`Range\`, and the file without`,
      outcome: 'bytes',
      how: 'asked once without: a stream',
      mode: 'stream',
      serve: withoutRanges(code),
    }),
  ),
  {
    what: 'ignores `Range` from the first request on',
    outcome: 'bytes',
    how: 'the body in hand is taken as a stream',
    mode: 'stream',
    serve: (servers) => ({ ...honest(servers), ignoreRange: true }),
    check: ({ origin }) => {
      if (origin.requests.length !== 1) throw new Error(`${origin.requests.length} requests for one stream`);
    },
  },
  {
    what: 'ignores `Range` from the third request on',
    outcome: 'bytes',
    how: 'planned once more, as a stream',
    mode: 'stream',
    serve: (servers) => from(3, honest(servers), { ...honest(servers), ignoreRange: true }),
  },
  {
    what: 'answers another range and says so, from the second request on',
    outcome: 'bytes',
    how: 'nothing is read of it; tried again, then taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => toRanges(2, honest(servers), shifted(servers, 'truth')),
  },
  {
    what: 'answers another range and says so, and a part of something to every request',
    outcome: 'SourceMalformed',
    how: 'nothing that comes is what was asked for',
    serve: (servers) =>
      from(
        2,
        honest(servers),
        withBody(honest(servers), (response, { headers }) => {
          response.writeHead(206, { ...headers, 'content-range': 'bytes 5-9/10' }).end('01234');
        }),
      ),
  },
  {
    what: 'answers another range once',
    outcome: 'bytes',
    how: 'the piece is fetched again',
    mode: 'pieces',
    serve: (servers) => byRequest((number) => (number === 3 ? shifted(servers, 'truth') : honest(servers))),
  },
  {
    what: 'answers another range under the right `Content-Range`, with a digest given',
    outcome: 'DigestMismatch',
    how: 'only a digest can tell; it is proved before anything is visible',
    serve: (servers) => from(3, honest(servers), shifted(servers, 'lie')),
    options: (servers) => ({
      expect: { digests: { sha256: createHash('sha256').update(wholeOf(servers)).digest('hex') } },
    }),
  },
  {
    what: 'states a total that is larger than the file',
    outcome: 'bytes',
    how: 'the last piece does not come as it was asked for: taken in one answer, whose length is stated',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => ({
      ...honest(servers),
      contentRange: ({ start, end }, size) => `bytes ${start}-${end - 1}/${size + 1000}`,
    }),
  },
  {
    what: 'states another total from the third request on',
    outcome: 'bytes',
    how: 'no other version, since it has the same ETag: taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) =>
      toRanges(3, honest(servers), {
        ...honest(servers),
        contentRange: ({ start, end }, size) => `bytes ${start}-${end - 1}/${size + 1}`,
      }),
  },
  {
    what: 'states a total that is another with each answer',
    outcome: 'bytes',
    how: 'no other version, since it has the same ETag: taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => {
      let extra = 0;
      return {
        ...honest(servers),
        contentRange: ({ start, end }, size) => {
          extra += 1;
          return `bytes ${start}-${end - 1}/${size + extra}`;
        },
      };
    },
  },
  {
    what: 'states no total (`*`) at all',
    outcome: 'bytes',
    how: 'asked once more without `Range`, as a stream',
    mode: 'stream',
    serve: (servers) => ({ ...honest(servers), contentRange: ({ start, end }) => `bytes ${start}-${end - 1}/*` }),
  },
  {
    what: 'leaves `Content-Range` out from the second request on',
    outcome: 'bytes',
    how: 'a 206 that does not say which bytes it has is not read: taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => toRanges(2, honest(servers), { ...honest(servers), contentRange: () => null }),
  },
  {
    what: '`multipart/byteranges` for a single range, from the first request on',
    outcome: 'bytes',
    how: 'asked once more without `Range`, as a stream',
    mode: 'stream',
    serve: (servers) => toRanges(1, honest(servers), multipart(wholeOf(servers))),
  },
  {
    what: '`multipart/byteranges` from the third request on',
    outcome: 'bytes',
    how: 'planned once more, as a stream',
    mode: 'stream',
    serve: (servers) => toRanges(3, honest(servers), multipart(wholeOf(servers))),
  },
  {
    what: '206 with the whole body, its length stated',
    outcome: 'bytes',
    how: 'the length contradicts the range, so nothing is read: taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) =>
      toRanges(
        2,
        honest(servers),
        withBody(honest(servers), (response, { headers }) => {
          response
            .writeHead(206, { ...headers, 'content-length': String(servers.shape.sizeBytes) })
            .end(wholeOf(servers));
        }),
      ),
  },
  {
    what: '206 with the whole body, chunked',
    outcome: 'bytes',
    how: 'counted: it ends at the first byte too many, and is taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) =>
      toRanges(
        2,
        honest(servers),
        withBody(honest(servers), (response, { headers }) => {
          response.writeHead(206, headers).end(wholeOf(servers));
        }),
      ),
  },
  {
    what: '416 in the middle, with the size that it stated before',
    outcome: 'bytes',
    how: 'tried again, then taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) =>
      toRanges(3, honest(servers), status(416, { 'content-range': `bytes */${servers.shape.sizeBytes}` })),
  },
  {
    what: '416 in the middle, with another size',
    outcome: 'bytes',
    how: 'starts over, and is asked once without: a stream',
    mode: 'stream',
    serve: (servers) => toRanges(3, honest(servers), status(416, { 'content-range': 'bytes */17' })),
  },
  {
    what: '416 in the middle, with another size, to whatever it is asked',
    outcome: 'SourceRangeRefused',
    how: 'starts over, and ends',
    serve: (servers) => from(3, honest(servers), status(416, { 'content-range': 'bytes */17' })),
  },
];
