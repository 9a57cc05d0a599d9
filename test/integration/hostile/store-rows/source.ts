import type { HostileStoreRow, StoreServers } from '../../../support/hostile-store-row.ts';
import {
  always,
  DOCUMENT_TYPES,
  dripping,
  drippingHead,
  endless,
  endlessHead,
  errorOf,
  LAUGHS,
  MOST_SENT_BYTES,
  nested,
  PAGE,
  says,
} from '../../../support/store-lies.ts';

/** Only where a row is about it: a busy machine must not make an honest store look slow. */
const IMPATIENT = { stallTimeoutMs: 400, headersTimeoutMs: 400 };

const lie =
  (
    operation: string,
    answer: (servers: StoreServers) => Parameters<typeof always>[2],
    when?: Parameters<typeof always>[3],
  ) =>
  (servers: StoreServers): void =>
    always(servers, operation, answer(servers), when);

function tookLittle({ sent }: StoreServers): void {
  if (sent.bytes > MOST_SENT_BYTES) throw new Error(`${sent.bytes} bytes were taken`);
}

/** A byte every 20 ms: far fewer than the whole that would come in 20 s. */
function hungUp({ sent }: StoreServers): void {
  if (sent.bytes === 0 || sent.bytes > 900) throw new Error(`${sent.bytes} bytes were waited for`);
}

export const FROM_STORES: readonly HostileStoreRow[] = [
  {
    what: 'an error whose body never ends',
    outcome: 'SourceForbidden',
    how: 'at most 1 MiB of it is read; the status says what happened',
    lie: lie('GetObject', (servers) => endless(servers, 403)),
    check: tookLittle,
  },
  {
    what: 'an error whose body comes a byte at a time',
    outcome: 'SourceForbidden',
    how: 'waited for as long as for a head; the status says what happened',
    http: IMPATIENT,
    lie: lie('GetObject', (servers) => dripping(servers, 403)),
    check: hungUp,
  },
  {
    what: 'an error in 100,000 levels of XML',
    outcome: 'SourceForbidden',
    how: 'more than 32 levels are not parsed',
    lie: lie('GetObject', () => says(403, nested)),
  },
  {
    what: 'an error with entities that would grow to a gigabyte',
    outcome: 'SourceForbidden',
    how: 'what has a document type is not parsed',
    lie: lie('GetObject', () => says(403, LAUGHS)),
  },
  {
    what: 'an error with 80,000 document types',
    outcome: 'SourceForbidden',
    how: 'what has a document type is not parsed',
    lie: lie('GetObject', () => says(403, DOCUMENT_TYPES)),
  },
  {
    what: 'an HTML page as the error',
    outcome: 'SourceForbidden',
    how: 'the status says what happened',
    lie: lie('GetObject', () => says(403, PAGE, { 'content-type': 'text/html' })),
  },
  {
    what: 'an HTML page in place of the object',
    outcome: 'UnexpectedType',
    how: 'as from any server: ends at once',
    lie: lie('GetObject', () => says(200, PAGE, { 'content-type': 'text/html' })),
  },
  {
    what: '403 to every HEAD, and the object to a GET',
    outcome: 'bytes',
    how: 'what the head of a GET says is taken',
    lie: lie('HeadObject', () => says(403, '')),
  },
  {
    what: '403 to what is signed by a clock that is an hour off',
    outcome: 'bytes',
    how: 'the answer has the right time; asked again by that',
    double: { aheadMs: 3_600_000 },
    lie: () => {},
  },
  {
    what: 'a size that no number holds',
    outcome: 'SourceMalformed',
    how: 'nothing is begun',
    lie: lie('HeadObject', () => (response) => {
      response.writeHead(200, { 'content-length': '9223372036854775807', etag: '"v1"' }).end();
    }),
  },
  {
    what: 'a head that never ends',
    outcome: 'SourceMalformed',
    how: 'Node reads 16 KiB of it',
    lie: lie('HeadObject', () => endlessHead),
  },
  {
    what: 'a head that comes a byte at a time',
    outcome: 'SourceTimeout',
    how: 'broken off after the time-out for a head; tried again, then given up',
    http: IMPATIENT,
    lie: lie('HeadObject', drippingHead),
    check: hungUp,
  },
  {
    what: 'no answer at all',
    outcome: 'SourceTimeout',
    how: 'broken off after the time-out for a head; tried again, then given up',
    http: IMPATIENT,
    lie: lie('GetObject', () => () => {}),
  },
  {
    what: 'a range that stalls in the middle',
    outcome: 'SourceStalled',
    how: 'broken off after the stall time-out; tried again, then given up',
    http: IMPATIENT,
    lie: lie('GetObject', (servers) => ranged(servers, (length) => Buffer.alloc(length >> 1), { ends: false })),
  },
  {
    what: 'a range that is one byte short',
    outcome: 'BodyShort',
    how: 'counted; tried again, then given up',
    lie: lie('GetObject', (servers) => ranged(servers, (length) => Buffer.alloc(length - 1))),
  },
  {
    what: 'a range that is one byte long',
    outcome: 'BodyLong',
    how: 'counted; tried again, then given up',
    lie: lie('GetObject', (servers) => ranged(servers, (length) => Buffer.alloc(length + 1))),
  },
  {
    what: '301 with another region, again and again',
    outcome: 'SourceBadRequest',
    how: 'the error names the region; no other store is asked',
    lie: lie('HeadObject', () => says(301, '', { 'x-amz-bucket-region': 'eu-elsewhere-1' })),
  },
  {
    what: '307 to another host',
    outcome: 'SourceBadRequest',
    how: 'a store is not followed elsewhere',
    lie: lie('GetObject', () => says(307, errorOf('TemporaryRedirect'), { location: 'http://169.254.169.254/' })),
  },
];

/** A 206 for the range that was asked, chunked, of these bytes. */
function ranged(
  { sizeBytes }: StoreServers,
  bytes: (length: number) => Buffer,
  { ends = true } = {},
): Parameters<typeof always>[2] {
  return (response, { message }) => {
    const [, first = '0', last = '0'] = /^bytes=(\d+)-(\d+)$/.exec(message.headers.range ?? '') ?? [];
    const etag = String(message.headers['if-match']);
    response.writeHead(206, { etag, 'content-range': `bytes ${first}-${last}/${sizeBytes}` });
    response.write(bytes(Number(last) - Number(first) + 1));
    if (ends) response.end();
  };
}
