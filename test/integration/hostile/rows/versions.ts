import { byRequest, from, status } from '../../../support/hostile-lies.ts';
import type { HostileRow, RowServers } from '../../../support/hostile-row.ts';
import type { Resource } from '../../../support/origin-resource.ts';
import { sendResource } from '../../../support/origin-resource.ts';
import { patternBytes } from '../../../support/pattern.ts';

const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';
const LATER = 'Fri, 02 Jan 2026 00:00:00 GMT';

const first = ({ shape }: RowServers): Resource => ({ size: shape.sizeBytes });
const second = ({ shape }: RowServers): Resource => ({ size: shape.sizeBytes, etag: '"v2"', seed: 2 });
const secondBytes = ({ shape }: RowServers): Buffer => patternBytes(0, shape.sizeBytes, 2);

export const VERSIONS: readonly HostileRow[] = [
  {
    what: 'another ETag in the middle, `--on-source-change fail`',
    outcome: 'SourceChanged',
    how: 'ends, and gives its upload up',
    serve: (servers) => from(3, first(servers), second(servers)),
    options: { onSourceChange: 'fail' },
  },
  {
    what: 'another ETag in the middle',
    outcome: 'bytes',
    how: 'starts over once; all bytes are of the new version',
    mode: 'pieces',
    serve: (servers) => from(3, first(servers), second(servers)),
    bytes: secondBytes,
  },
  {
    what: 'another size in the middle, under the same ETag',
    outcome: 'bytes',
    how: 'pieces of the two never meet: taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => from(3, first(servers), { size: servers.shape.sizeBytes + 5000 }),
    bytes: ({ shape }) => patternBytes(0, shape.sizeBytes + 5000),
  },
  {
    what: 'another size in the middle, under the same ETag, `--on-source-change fail`',
    outcome: 'SourceChanged',
    how: 'ends, and gives its upload up',
    serve: (servers) => from(3, first(servers), { size: servers.shape.sizeBytes + 5000 }),
    options: { onSourceChange: 'fail' },
  },
  {
    what: '412 in the middle, and ever after',
    outcome: 'SourceChanged',
    how: 'starts over, and gives up what it had; then ends',
    serve: (servers) => from(3, first(servers), status(412)),
  },
  {
    what: 'a weak ETag',
    outcome: 'bytes',
    how: 'never sent back; compared on our side',
    mode: 'pieces',
    serve: (servers) => ({ ...first(servers), etag: 'W/"v1"' }),
  },
  {
    what: 'a weak ETag that changes in the middle',
    outcome: 'bytes',
    how: 'compared on our side; starts over',
    mode: 'pieces',
    bytes: secondBytes,
    serve: (servers) => from(3, { ...first(servers), etag: 'W/"v1"' }, { ...second(servers), etag: 'W/"v2"' }),
  },
  {
    what: 'a date only',
    outcome: 'bytes',
    how: '`If-Range` with the date',
    mode: 'pieces',
    serve: (servers) => ({ ...first(servers), etag: null, lastModified: DATE }),
  },
  {
    what: 'a date only, which changes in the middle',
    outcome: 'bytes',
    how: '`If-Range` is answered 200, and the date compared; starts over',
    mode: 'pieces',
    bytes: secondBytes,
    serve: (servers) =>
      from(
        3,
        { ...first(servers), etag: null, lastModified: DATE },
        { ...second(servers), etag: null, lastModified: LATER },
      ),
  },
  {
    what: 'no validator at all',
    outcome: 'bytes',
    how: 'size and type are compared; the result says `version: unverified`',
    mode: 'pieces',
    version: 'unverified',
    serve: (servers) => ({ ...first(servers), etag: null }),
  },
  {
    what: 'no validator, and another size in the middle',
    outcome: 'bytes',
    how: 'the total is compared; starts over',
    version: 'unverified',
    serve: (servers) => from(3, { ...first(servers), etag: null }, { ...second(servers), etag: null, size: 10 }),
    bytes: () => patternBytes(0, 10, 2),
  },
  {
    what: '`If-Range` with an ETag is answered 200 although nothing changed',
    outcome: 'bytes',
    how: 'asked without it, and the ETag compared on our side',
    mode: 'pieces',
    serve: (servers) => ({ ...first(servers), wholeOnIfRange: true }),
  },
  {
    what: '`If-Range` with an ETag is answered 200, with a date it is honoured',
    outcome: 'bytes',
    how: 'asked without it, and the ETag compared on our side',
    mode: 'pieces',
    serve: (servers) => {
      const file = { ...first(servers), lastModified: DATE };
      const never = byRequest(() => ({ ...file, wholeOnIfRange: true }));
      const honours = byRequest(() => file);
      return (request, response, logged) =>
        (request.headers['if-range']?.toString().startsWith('"') === true ? never : honours)(request, response, logged);
    },
  },
  {
    what: 'an ETag that differs per request',
    outcome: 'bytes',
    how: 'nothing proves that pieces belong together: starts over once, then taken in one answer',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => byRequest((number) => ({ ...first(servers), etag: `"${number}"` })),
  },
  {
    what: 'an ETag that differs per request, `--on-source-change fail`',
    outcome: 'SourceChanged',
    how: 'nothing proves that pieces belong together',
    serve: (servers) => byRequest((number) => ({ ...first(servers), etag: `"${number}"` })),
    options: { onSourceChange: 'fail' },
  },
  {
    what: 'one name of two servers in turn: the same bytes, each with its own ETag',
    outcome: 'bytes',
    how: 'starts over once, then taken in one answer of one of them',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => byRequest((number) => ({ ...first(servers), etag: `"server ${number % 2}"` })),
  },
  {
    what: 'one name of two servers in turn: one of them has an older version',
    outcome: 'bytes',
    how: 'taken in one answer of one of them: whole, and never mixed',
    mode: 'stream',
    version: 'one-answer',
    serve: (servers) => byRequest((number) => (number % 2 === 0 ? first(servers) : second(servers))),
    bytes: (servers) => [patternBytes(0, servers.shape.sizeBytes), secondBytes(servers)],
  },
  {
    what: 'one name of two servers in turn: one states its version, the other none, and has other bytes',
    outcome: 'bytes',
    how: 'what states no version any more is no version of the file',
    version: 'any',
    serve: (servers) => byRequest((number) => (number % 2 === 1 ? first(servers) : { ...second(servers), etag: null })),
    bytes: (servers) => [patternBytes(0, servers.shape.sizeBytes), secondBytes(servers)],
    options: { maxFailures: 20 },
  },
  {
    what: 'leaves the ETag out of its 206 answers to `If-Range`',
    outcome: 'bytes',
    how: 'a 206 to `If-Range` vouches for the version',
    mode: 'pieces',
    serve: (servers) => {
      return from(2, first(servers), (request, response, logged) => {
        const setHeader = response.writeHead.bind(response);
        response.writeHead = ((code: number, headers: Record<string, string>) => {
          const { etag: _, ...rest } = headers;
          return setHeader(code, rest);
        }) as typeof response.writeHead;
        return sendResource(first(servers), request, response, logged);
      });
    },
  },
];
