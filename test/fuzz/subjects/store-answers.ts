import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import type { Destination } from '../../../lib/destinations/destination.ts';
import { s3Destination } from '../../../lib/destinations/s3/destination.ts';
import { xmlProblem } from '../../../lib/s3/xml.ts';
import { mutated } from '../inputs.ts';
import { refusingLater, subject } from '../subject.ts';

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const ANSWERS = [
  `${XML}<ListPartsResult${NAMESPACE}><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>10</Size><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part></ListPartsResult>`,
  `${XML}<ListMultipartUploadsResult${NAMESPACE}><Bucket>b</Bucket><IsTruncated>false</IsTruncated><Upload><Key>k</Key><UploadId>u</UploadId><Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>`,
  `${XML}<InitiateMultipartUploadResult${NAMESPACE}><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId></InitiateMultipartUploadResult>`,
  `${XML}<CompleteMultipartUploadResult${NAMESPACE}><Location>l</Location><ETag>"e"</ETag></CompleteMultipartUploadResult>`,
  `${XML}<Error><Code>NoSuchUpload</Code><Message>gone</Message><RequestId>r</RequestId></Error>`,
];
const WORDS = [
  '<Part>',
  '</Part>',
  '<IsTruncated>true</IsTruncated>',
  '<NextPartNumberMarker>1</NextPartNumberMarker>',
  '<![CDATA[',
  '<!--',
  '&#x0;',
  '&lt;',
  '<a',
  '</a',
  '<__proto__>x</__proto__>',
  '<Code>SlowDown</Code>',
];

/** Answers any request with what is at hand; it ends with its thread. */
let place: Promise<{ readonly server: Server; readonly endpoint: string }> | undefined;
let answer = { status: 200, text: '' };

async function listening(): Promise<{ readonly endpoint: string }> {
  place ??= new Promise((resolve) => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(answer.status, { 'content-type': 'application/xml' }).end(answer.text);
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ server, endpoint: `http://127.0.0.1:${port}` });
    });
    server.unref();
  });
  return await place;
}

const signal = AbortSignal.timeout(2 ** 31 - 1);
const clock = { now: () => Date.now(), sleep: async () => {} };

export const STORE_ANSWERS = [
  subject({
    name: 'store-answers',
    weight: 0.1,
    inputs: fc.record({ status: fc.constantFrom(200, 200, 200, 403, 404, 409, 412), text: mutated(ANSWERS, WORDS) }),
    begin(cleanup) {
      let destination: Destination | undefined;
      cleanup.defer(() => void destination?.[Symbol.asyncDispose]());
      return async (next) => {
        const { endpoint } = await listening();
        destination ??= s3Destination({
          endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
          clock,
        });
        answer = next;
        const target = { kind: 's3', bucket: 'b', key: 'k', endpoint } as const;
        const upload = { target, id: 'u', token: 't' };
        const object = { target, token: 't', validator: { kind: 'none' }, settings: {} } as const;
        const store = destination;
        await refusingLater(() => store.listParts(upload, 0, { signal }));
        await refusingLater(() => store.createUpload(object, { signal }));
        await refusingLater(() => store.abortUpload(upload, { signal }));
      };
    },
  }),
  subject({
    name: 'xml-levels',
    weight: 2,
    inputs: mutated(ANSWERS, WORDS),
    begin: () => (text) => void xmlProblem(text),
  }),
];
