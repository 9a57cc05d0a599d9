import { createHash } from 'node:crypto';
import type { HostileStoreRow, StoreServers } from '../../../support/hostile-store-row.ts';
import type { S3Request } from '../../../support/s3-double/http.ts';
import { errorOf, says } from '../../../support/store-lies.ts';

/** Refuses the requests of all operations, or of those named, that `isRefused` finds something in. */
function refuse(
  { store }: StoreServers,
  isRefused: (request: S3Request) => boolean,
  [status, code, message]: readonly [number, string, string],
  operations: readonly string[] = ['CreateMultipartUpload', 'UploadPart', 'PutObject', 'CompleteMultipartUpload'],
): void {
  for (const operation of operations) {
    const answer = says(status, errorOf(code, message));
    store.fail({ operation, times: Number.POSITIVE_INFINITY, when: isRefused, what: { kind: 'lie', answer } });
  }
}

const names = ({ message }: S3Request): readonly string[] => Object.keys(message.headers);
const hasChecksum = (request: S3Request): boolean =>
  names(request).some((name) => name.startsWith('x-amz-checksum-') || name === 'x-amz-trailer');
const UNSUPPORTED = [400, 'InvalidArgument', 'Unsupported header'] as const;

/** What was sent to a store, but for one try of each place with what it refuses. */
function countOf({ store }: StoreServers, operation: string): number {
  return store.log.filter((request) => request.operation === operation).length;
}

function expectAtMost(servers: StoreServers, operation: string, most: number): void {
  const count = countOf(servers, operation);
  if (count > most) throw new Error(`${operation} was asked ${count} times`);
}

function wereSentWithMd5({ store }: StoreServers): void {
  const taken = store.log.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
  if (taken.length === 0 || taken.some(({ headers }) => headers['content-md5'] === undefined))
    throw new Error('a part was taken without a proof');
}

export const LACKING: readonly HostileStoreRow[] = [
  {
    what: '400 InvalidArgument "Unsupported header" to whatever has `x-amz-checksum-…`',
    outcome: 'bytes',
    how: 'asked once without; parts are sent with Content-MD5, and the result says so',
    lie: (servers) => refuse(servers, hasChecksum, UNSUPPORTED),
    check: wereSentWithMd5,
  },
  {
    what: '501 NotImplemented to whatever has `x-amz-checksum-…`',
    outcome: 'bytes',
    how: 'the same',
    lie: (servers) => refuse(servers, hasChecksum, [501, 'NotImplemented', 'A header you provided is not implemented']),
    check: wereSentWithMd5,
  },
  {
    what: '400 to the checksum of a part alone, and the parts pass through memory bit by bit',
    outcome: 'bytes',
    how: 'the piece is fetched again, and sent without; its ETag is compared with the MD5 of what was sent',
    double: { checksums: 'none' },
    options: { pieceSizeBytes: 9 * 1024 ** 2 },
    lie: (servers) => refuse(servers, hasChecksum, UNSUPPORTED, ['UploadPart']),
  },
  {
    what: 'takes checksums, and neither says nor lists them',
    outcome: 'bytes',
    how: 'its ETag is compared with the MD5 of what was sent',
    double: { checksums: 'none' },
    lie: () => {},
  },
  {
    what: 'the same, and the parts pass through memory bit by bit',
    outcome: 'bytes',
    how: 'the same',
    double: { checksums: 'none' },
    options: { pieceSizeBytes: 9 * 1024 ** 2 },
    lie: () => {},
  },
  {
    what: '501 to the size of the object at completion',
    outcome: 'bytes',
    how: 'asked once without; sizes and checksums of the parts are proved on our side',
    lie: (servers) =>
      refuse(servers, (request) => names(request).includes('x-amz-mp-object-size'), [
        501,
        'NotImplemented',
        'A header you provided is not implemented',
      ]),
    check: (servers) => expectAtMost(servers, 'CompleteMultipartUpload', 2),
  },
  {
    what: '501 to the condition on the source of a copy',
    outcome: 'bytes',
    how: 'asked once without; the staged object is looked at once more before the end',
    options: (bytes) => ({ expect: { digests: { sha256: createHash('sha256').update(bytes).digest('hex') } } }),
    lie: (servers) =>
      refuse(
        servers,
        (request) => names(request).includes('x-amz-copy-source-if-match'),
        [501, 'NotImplemented', 'A header you provided is not implemented'],
        ['UploadPartCopy'],
      ),
  },
  {
    what: '400 InvalidArgument to every upload, whatever is left out',
    outcome: 'DestinationRefused',
    how: 'asked once without; the error has the store’s words',
    lie: (servers) => refuse(servers, () => true, UNSUPPORTED),
    check: (servers) => expectAtMost(servers, 'CreateMultipartUpload', 2),
  },
  {
    what: '403 to what is signed by a clock that is an hour off',
    outcome: 'bytes',
    how: 'the answer has the right time; asked again by that',
    double: { aheadMs: -3_600_000 },
    lie: () => {},
  },
  {
    what: 'does not list parts (501)',
    outcome: 'bytes',
    how: 'what this process knows of its own upload counts; asked once',
    lie: (servers) => refuse(servers, () => true, [501, 'NotImplemented', 'Not implemented'], ['ListParts']),
    check: (servers) => expectAtMost(servers, 'ListParts', 2),
  },
];
