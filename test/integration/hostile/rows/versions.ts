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
    what: 'another ETag in the middle',
    outcome: 'SourceChanged',
    how: 'ends, and gives its upload up',
    serve: (servers) => from(3, first(servers), second(servers)),
  },
  {
    what: 'another ETag in the middle, `--on-source-change restart`',
    outcome: 'bytes',
    how: 'starts over once; all bytes are of the new version',
    mode: 'pieces',
    serve: (servers) => from(3, first(servers), second(servers)),
    options: { onSourceChange: 'restart' },
    bytes: secondBytes,
  },
  {
    what: 'another size in the middle',
    outcome: 'SourceChanged',
    how: 'ends, and gives its upload up',
    serve: (servers) => from(3, first(servers), { size: servers.shape.sizeBytes + 5000 }),
  },
  {
    what: '412 in the middle',
    outcome: 'SourceChanged',
    how: 'ends, and gives its upload up',
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
    outcome: 'SourceChanged',
    how: 'compared on our side',
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
    outcome: 'SourceChanged',
    how: '`If-Range` is answered 200, and the date compared',
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
    outcome: 'SourceChanged',
    how: 'the total is compared',
    serve: (servers) => from(3, { ...first(servers), etag: null }, { ...second(servers), etag: null, size: 10 }),
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
    outcome: 'SourceChanged',
    how: 'nothing proves that the pieces belong together; `--parallel 1` does not help, a server without ranges would',
    serve: (servers) => byRequest((number) => ({ ...first(servers), etag: `"${number}"` })),
  },
  {
    what: 'an ETag that differs per request, `--on-source-change restart`',
    outcome: 'SourceChanged',
    how: 'starts over once, not for ever',
    serve: (servers) => byRequest((number) => ({ ...first(servers), etag: `"${number}"` })),
    options: { onSourceChange: 'restart' },
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
