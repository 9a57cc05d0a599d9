import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Client } from '@aws-sdk/client-s3';
import { HeadObjectCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { objectHeaders } from '../../lib/destinations/s3/bodies/object-headers.ts';
import type { ObjectParameters } from '../../lib/destinations/s3/metadata.ts';
import type { Clients } from '../../lib/s3/client.ts';
import { connections } from '../../lib/s3/client.ts';
import type { DirectRequest } from '../../lib/s3/direct/direct.ts';

// What is sent without the SDK's layers is what the SDK would send, but for what names the try. A version of the SDK
// that sends anything else is noticed here.

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const seen: Seen[] = [];
const server = createServer((request, response) => {
  void (async () => {
    const body = await textOf(request);
    const { method, url, headers } = request;
    seen.push({ method, url, headers: comparable(headers), body });
    response.writeHead(200, { etag: '"e"' }).end();
  })();
});
let clients: Clients;
const pool = connections({
  region: 'eu-central-7',
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' },
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  clients = await pool.clients({ kind: 's3', bucket: 'data', key: 'k', endpoint });
});
afterAll(() => {
  pool.close();
  server.close();
});

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The signature differs with the time; its scope and the names of what is signed do not. */
function comparable(headers: IncomingMessage['headers']): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = { ...headers };
  const { authorization = '' } = headers;
  shown['authorization'] = authorization
    .replace(/Signature=.*/, '')
    .replace(/\/\d{8}\//, '/day/')
    .replace(/SignedHeaders=([^,]+)/, (_, names: string) =>
      names
        .split(';')
        .filter((name) => !NAMES_THE_TRY.has(name))
        .join(';'),
    );
  for (const name of NAMES_THE_TRY) delete shown[name];
  delete shown['x-amz-date'];
  // Letters for what of the SDK took part.
  shown['user-agent'] = String(shown['user-agent']).replace(/ m\/\S+$/, '');
  return shown;
}

const NAMES_THE_TRY: ReadonlySet<string> = new Set(['amz-sdk-invocation-id', 'amz-sdk-request']);

const KEY = "a folder/ü+(1)!'*~%2F&=;:@,$.bin";
const BYTES = Buffer.from('the bytes');
const PARAMETERS: ObjectParameters = {
  ContentType: 'text/plain',
  ContentEncoding: 'gzip',
  ContentDisposition: 'attachment; filename="x"',
  ContentLanguage: 'de',
  CacheControl: 'no-store',
  StorageClass: 'GLACIER',
  ServerSideEncryption: 'aws:kms',
  SSEKMSKeyId: 'alias/a-key',
  ACL: 'private',
  Tagging: 'a=b&c=d%20e',
  Metadata: { Mixed: 'case', 'piecework-token': '01T', spaced: 'two  words' },
};
const PAYLOAD = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'content-length': String(BYTES.length) };
const put = { method: 'PUT', bucket: 'data', key: KEY, content: BYTES } as const;
const named = { Bucket: 'data', Key: KEY };

/** The SDK hashes bytes for the signature unless it is kept from it, as `send-body.ts` does. */
function unsigned<C extends PutObjectCommand | UploadPartCommand>(command: C): C {
  (command as PutObjectCommand).middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: object }).headers, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' });
      return next(args);
    },
    { step: 'build', name: 'unsigned', priority: 'low' },
  );
  return command;
}

const CASES: readonly {
  readonly what: string;
  readonly direct: DirectRequest;
  readonly bySdk: (client: S3Client) => Promise<unknown>;
}[] = [
  {
    what: 'an object with all that may stand beside it',
    direct: { ...put, operation: 'PutObject', headers: { ...PAYLOAD, ...objectHeaders(PARAMETERS) } },
    bySdk: (client) => client.send(unsigned(new PutObjectCommand({ ...named, ...PARAMETERS, Body: BYTES }))),
  },
  {
    what: 'an object with nothing beside it, where none is',
    direct: {
      ...put,
      operation: 'PutObject',
      headers: { 'content-type': 'application/octet-stream', ...PAYLOAD, 'if-none-match': '*' },
    },
    bySdk: (client) => client.send(unsigned(new PutObjectCommand({ ...named, Body: BYTES, IfNoneMatch: '*' }))),
  },
  {
    what: 'a part',
    direct: {
      ...put,
      operation: 'UploadPart',
      query: { uploadId: 'an/id+of=the store~', partNumber: '17' },
      headers: { 'content-type': 'application/octet-stream', ...PAYLOAD },
    },
    bySdk: (client) =>
      client.send(
        unsigned(new UploadPartCommand({ ...named, Body: BYTES, UploadId: 'an/id+of=the store~', PartNumber: 17 })),
      ),
  },
  {
    what: 'a question for a version',
    direct: {
      operation: 'HeadObject',
      method: 'HEAD',
      bucket: 'data',
      key: KEY,
      query: { versionId: 'v/1+' },
      headers: { 'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    },
    bySdk: (client) => client.send(new HeadObjectCommand({ ...named, VersionId: 'v/1+' })),
  },
];

test.each(CASES)('$what is asked for directly as the SDK asks for it', async ({ direct, bySdk }) => {
  seen.length = 0;
  await bySdk(clients.once);
  expect(await clients.direct.send(direct, new AbortController().signal)).toMatchObject({ etag: '"e"' });
  const [theirs, ours] = seen;
  expect(withSortedQuery(ours)).toEqual(withSortedQuery(theirs));
});

function withSortedQuery(request: Seen | undefined): object {
  const [path, query = ''] = request?.url?.split('?') ?? [];
  return { ...request, url: [path, ...query.split('&').sort()] };
}

test.each(['arn:aws:s3:eu-central-1:123456789012:accesspoint/ap', 'express--euc1-az1--x-s3'])(
  'requests to %s are for the SDK to make',
  async (bucket) => {
    const request: DirectRequest = { ...put, bucket, operation: 'PutObject', headers: PAYLOAD };
    expect(await clients.direct.send(request, new AbortController().signal)).toBeUndefined();
  },
);
