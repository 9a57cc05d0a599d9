import { createHash } from 'node:crypto';
import type { Destination, UploadRef } from '../../../../lib/destinations/destination.ts';
import type { Call } from '../../../../lib/values/call.ts';
import type { HostileStoreRow, StoreServers } from '../../../support/hostile-store-row.ts';
import type { S3Double } from '../../../support/s3-double.ts';
import {
  always,
  dripping,
  endless,
  endlessHead,
  errorOf,
  LAUGHS,
  MOST_SENT_BYTES,
  nested,
  PAGE,
  says,
} from '../../../support/store-lies.ts';

const IMPATIENT = { answerTimeoutMs: 400 };

const lie =
  (
    operation: string,
    answer: (servers: StoreServers) => Parameters<typeof always>[2],
    when?: Parameters<typeof always>[3],
  ) =>
  (servers: StoreServers): void =>
    always(servers, operation, answer(servers), when);

/** Three tries of the SDK at most, of two attempts. */
function tookLittle({ sent }: StoreServers): void {
  if (sent.bytes > MOST_SENT_BYTES) throw new Error(`${sent.bytes} bytes were taken`);
}

function atMost({ log }: S3Double, operation: string, times: number): void {
  const asked = log.filter((request) => request.operation === operation).length;
  if (asked > times) throw new Error(`${operation} was asked ${asked} times`);
}

async function askAllParts(destination: Destination, upload: UploadRef, call: Call): Promise<void> {
  for (let from: number | undefined = 0; from !== undefined; ) {
    const page = await destination.listParts(upload, from, call);
    from = page === 'gone' ? undefined : page.next;
  }
}

const staged = (bytes: Buffer) => ({
  expect: { digests: { sha256: createHash('sha256').update(bytes).digest('hex') } },
});

export const INTO_STORES: readonly HostileStoreRow[] = [
  {
    what: 'an error whose body never ends',
    outcome: 'DestinationDenied',
    how: 'at most 1 MiB of it is read; the status says what happened',
    lie: lie('CreateMultipartUpload', (servers) => endless(servers, 403)),
    check: tookLittle,
  },
  {
    what: 'a receipt that never ends',
    outcome: 'DestinationRefused',
    how: 'at most 1 MiB of it is read; ends at once',
    lie: lie('CreateMultipartUpload', (servers) => endless(servers, 200)),
    check: tookLittle,
  },
  {
    what: 'an error whose body comes a byte at a time',
    outcome: 'DestinationDenied',
    how: 'waited for as long as for a head; the status says what happened',
    s3: IMPATIENT,
    lie: lie('CreateMultipartUpload', (servers) => dripping(servers, 403)),
  },
  {
    what: 'a receipt that comes a byte at a time',
    outcome: 'DestinationUnreachable',
    how: 'waited for as long as for a head; tried again, then given up; an upload that it may have begun is looked for later',
    resumable: true,
    s3: IMPATIENT,
    lie: lie('CreateMultipartUpload', (servers) => dripping(servers, 200)),
  },
  {
    what: 'a receipt in 100,000 levels of XML',
    outcome: 'DestinationRefused',
    how: 'more than 32 levels are not parsed; ends at once',
    lie: lie('CreateMultipartUpload', () => says(200, nested)),
  },
  {
    what: 'an error with entities that would grow to a gigabyte',
    outcome: 'DestinationDenied',
    how: 'what has a document type is not parsed',
    lie: lie('CreateMultipartUpload', () => says(403, LAUGHS)),
  },
  {
    what: 'a page in place of an upload',
    outcome: 'DestinationRefused',
    how: 'an answer of S3 names the upload',
    lie: lie('CreateMultipartUpload', () => says(200, PAGE)),
  },
  {
    what: 'a page in place of a part’s receipt',
    outcome: 'DestinationRefused',
    how: 'an answer of S3 has an ETag',
    lie: lie('UploadPart', () => says(200, PAGE)),
  },
  {
    what: 'an empty success in place of a part’s receipt',
    outcome: 'DestinationRefused',
    how: 'an answer of S3 has an ETag',
    lie: lie('UploadPart', () => says(200, '')),
  },
  {
    what: 'a head that never ends',
    outcome: 'DestinationUnreachable',
    how: 'Node reads 16 KiB of it; tried again, then given up',
    lie: lie('UploadPart', () => endlessHead),
  },
  {
    what: 'an ETag of 900,000 characters',
    outcome: 'DestinationRefused',
    ask: askAllParts,
    how: 'no name of a store is longer than 1,024 characters',
    lie: lie('ListParts', () => says(200, listed([1, 2], { etag: 'x'.repeat(900_000) }))),
  },
  {
    what: 'a list of parts that never ends',
    outcome: 'DestinationRefused',
    ask: askAllParts,
    how: 'it ends at the last number that a part can have',
    lie: lie('ListParts', () => (response, request) => {
      const after = Number(request.query.get('part-number-marker') ?? 0);
      const numbers = Array.from({ length: 500 }, (_, at) => after + at + 1);
      says(200, listed(numbers, { isTruncated: true }))(response, request);
    }),
    check: ({ store }) => atMost(store, 'ListParts', 30),
  },
  {
    what: 'a list of parts that repeats its first page for ever',
    outcome: 'DestinationRefused',
    ask: askAllParts,
    how: 'a page that brings nothing new and is not the last ends it',
    lie: lie('ListParts', () => says(200, listed([1, 2], { isTruncated: true }))),
  },
  {
    what: 'a list of uploads that never ends',
    outcome: 'DestinationRefused',
    how: 'a marker that stays where it is ends it, and so do 100 pages',
    ask: (destination, { target }, call) => destination.listUploads(target, call),
    lie: lie('ListMultipartUploads', () => (response, request) => {
      const next = `${Number(request.query.get('upload-id-marker') ?? 0) + 1}`;
      const marker = `<NextKeyMarker>file.bin</NextKeyMarker><NextUploadIdMarker>${next}</NextUploadIdMarker>`;
      const one = `<Upload><Key>file.bin</Key><UploadId>${next}</UploadId></Upload>`;
      const xml = `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated>${marker}${one}</ListMultipartUploadsResult>`;
      says(200, xml)(response, request);
    }),
    check: ({ store }) => atMost(store, 'ListMultipartUploads', 100),
  },
  {
    what: 'part 0, part -1, part 1e99 and half a part among those in the list',
    outcome: 'bytes',
    how: 'what can’t be a part is passed over',
    lie({ store }) {
      const absurd = listed(['0', '-1', '1e99', '1.5']).replace(/^.*<.IsTruncated>|<.ListPartsResult>$/g, '');
      const xml = (honest: string) => honest.replace('<Part>', `${absurd}<Part>`);
      store.fail({ operation: 'ListParts', times: Number.POSITIVE_INFINITY, what: { kind: 'mangle', xml } });
    },
  },
  {
    what: 'parts of negative and endless sizes in the list',
    outcome: 'DeadlineExceeded',
    how: 'they are not the plan’s, so the pieces are not done; ends at the deadline',
    options: { deadlineMs: 1500 },
    lie({ store }) {
      const isOpen = () => !store.log.some(({ operation }) => operation === 'AbortMultipartUpload');
      const answer = says(200, listed([1, 2], { size: '-1e99' }));
      store.fail({
        operation: 'ListParts',
        times: Number.POSITIVE_INFINITY,
        when: isOpen,
        what: { kind: 'lie', answer },
      });
    },
  },
  {
    what: '`200 OK` with an error in it at completion, once',
    outcome: 'bytes',
    how: 'an error; completed again',
    lie: lie('CompleteMultipartUpload', () => says(200, errorOf('InternalError')), { times: 1 }),
  },
  {
    what: '`200 OK` with an error in it at completion, for ever',
    outcome: 'DestinationServerError',
    how: 'tried again, then given up',
    lie: lie('CompleteMultipartUpload', () => says(200, errorOf('InternalError'))),
  },
  {
    what: 'a page in place of the completion’s receipt',
    outcome: 'DestinationRefused',
    how: 'an answer of S3 has an ETag; nothing is there',
    lie: lie('CompleteMultipartUpload', () => says(200, PAGE)),
  },
  {
    what: '`200 OK` with an error in it at the promotion of a staged object, once',
    outcome: 'bytes',
    how: 'an error; copied again',
    options: staged,
    lie: lie('UploadPartCopy', () => says(200, errorOf('InternalError')), { times: 1 }),
  },
  {
    what: 'a page in place of the promotion’s receipt',
    outcome: 'DestinationRefused',
    how: 'an answer of S3 has an ETag; the staged object goes',
    options: staged,
    lie: lie('UploadPartCopy', () => says(200, PAGE)),
  },
  {
    what: '301 with another region, again and again',
    outcome: 'DestinationWrongRegion',
    how: 'the error names the region; no other store is asked',
    lie: lie('CreateMultipartUpload', () => says(301, '', { 'x-amz-bucket-region': 'eu-elsewhere-1' })),
  },
  {
    what: '307 to another host',
    outcome: 'DestinationWrongRegion',
    how: 'a store is not followed elsewhere',
    lie: lie('UploadPart', () => says(307, errorOf('TemporaryRedirect'), { location: 'http://169.254.169.254/' })),
  },
];

function listed(
  numbers: readonly (number | string)[],
  { etag = '"e"', size = '5', isTruncated = false }: { etag?: string; size?: string; isTruncated?: boolean } = {},
): string {
  const parts = numbers.map(
    (number) => `<Part><PartNumber>${number}</PartNumber><Size>${size}</Size><ETag>${etag}</ETag></Part>`,
  );
  return `<ListPartsResult><IsTruncated>${isTruncated}</IsTruncated>${parts.join('')}</ListPartsResult>`;
}
