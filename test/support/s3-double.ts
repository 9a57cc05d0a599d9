import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnLoopback } from './loopback.ts';
import { bytesIn, readAll } from './s3-double/bytes.ts';
import { completeMultipartUpload } from './s3-double/complete.ts';
import type { S3Answer, S3Request } from './s3-double/http.ts';
import { checkTime, errorXml, header, operationOf, parseRequest, S3Error, send } from './s3-double/http.ts';
import * as objects from './s3-double/objects.ts';
import * as parts from './s3-double/parts.ts';
import type { DoubleOptions, State } from './s3-double/state.ts';
import * as uploads from './s3-double/uploads.ts';
import type { S3Server } from './s3-process.ts';

// An S3 server in this process, for what no other one does on demand: failing in a given way at a given moment, and
// being small (parts of a few bytes, pages of two rows). Path style, one account, versions of plain objects only, CRC32
// only, signatures unchecked. What it answers is pinned to AWS's documentation by test/contract/s3-double-*.test.ts.

/** Something that goes wrong, once or a number of times, with the next requests of an operation. */
interface Fault {
  readonly operation: string;
  /** @default 1 */
  readonly times?: number;
  /** Lets so many of them pass first. @default 0 */
  readonly skip?: number;
  readonly when?: (request: S3Request) => boolean;
  readonly what:
    | {
        readonly kind: 'answer';
        readonly status: number;
        readonly code: string;
        readonly headers?: Record<string, string>;
        readonly extra?: Record<string, string>;
      }
    /** `200 OK`, and an error in its body: Complete and the copies do that. */
    | { readonly kind: 'errorIn200'; readonly code: string }
    /** The connection breaks; nothing was done. */
    | { readonly kind: 'dropBefore' }
    /** Done, but the answer never arrives. */
    | { readonly kind: 'dropAfter' }
    | { readonly kind: 'delay'; readonly ms: number }
    /** Worked on only when `until` resolves. */
    | { readonly kind: 'hold'; readonly until: Promise<void> }
    /** Its body is in, and the part takes effect and is answered when `until` resolves, also after an abort. */
    | { readonly kind: 'slow'; readonly until: Promise<void> }
    /** The sender is cut off once the body is in, and the part takes effect only when `until` resolves. */
    | { readonly kind: 'late'; readonly until: Promise<void> }
    /** The answer claims another checksum than that of what arrived. */
    | { readonly kind: 'wrongReceipt' }
    /** Done, and the answer says this in place of what it would say. */
    | { readonly kind: 'mangle'; readonly xml: (honest: string) => string }
    /** Nothing is done, and the answer is whatever is written here. */
    | { readonly kind: 'lie'; readonly answer: (response: ServerResponse, request: S3Request) => void };
}

interface LoggedRequest {
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** Who signed it. */
  readonly accessKeyId: string | undefined;
  /** Without `authorization`. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Set when it was answered; 0 = the connection was dropped. */
  status?: number;
  code?: string;
}

export interface S3Double extends S3Server {
  readonly log: readonly LoggedRequest[];
  fail(fault: Fault): void;
  /** The bytes of an object, read without a request. */
  object(bucket: string, key: string): Promise<Buffer | undefined>;
  /** Headers kept with an object: content type, metadata, and tags, ACL and storage class as they were sent. */
  headersOf(bucket: string, key: string): Readonly<Record<string, string>> | undefined;
  makeBucket(name: string): void;
  openUploads(): readonly {
    readonly bucket: string;
    readonly key: string;
    readonly id: string;
    readonly parts: readonly number[];
  }[];
  /** Resolves when no request is being worked on. */
  idle(): Promise<void>;
}

export async function startS3Double(
  options: DoubleOptions = {},
  tls?: { readonly cert: string; readonly key: string },
): Promise<S3Double> {
  let serial = 0;
  const state: State = {
    options,
    bytes: bytesIn(options.folder),
    buckets: new Map(),
    uploads: new Map(),
    versions: new Map(),
    nextId: () => {
      serial += 1;
      return `upload-${String(serial).padStart(6, '0')}`;
    },
  };
  const log: LoggedRequest[] = [];
  const faults: { fault: Fault; skip: number; left: number }[] = [];
  const working = new Set<Promise<void>>();

  const onRequest = (message: IncomingMessage, response: ServerResponse) => {
    const work = handle(state, message, response, log, faults).finally(() => working.delete(work));
    working.add(work);
  };
  const server = tls === undefined ? createServer(onRequest) : createHttpsServer(tls, onRequest);
  const port = await listenOnLoopback(server);

  return {
    endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    region: options.region ?? 'us-east-1',
    credentials: { accessKeyId: 'double', secretAccessKey: 'double-secret' },
    log,
    fail: (fault) => void faults.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 }),
    async object(bucket, key) {
      const object = state.buckets.get(bucket)?.get(key);
      if (object === undefined) return undefined;
      const chunks: Uint8Array[] = [];
      for await (const chunk of readAll(object.blobs, 0, object.sizeBytes)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    headersOf: (bucket, key) => state.buckets.get(bucket)?.get(key)?.headers,
    makeBucket: (name) => void state.buckets.set(name, new Map()),
    openUploads: () =>
      [...state.uploads.values()]
        .filter((upload) => upload.state === 'open' || (upload.state === 'aborted' && upload.parts.size > 0))
        .map(({ bucket, key, id, parts }) => ({ bucket, key, id, parts: [...parts.keys()].sort((a, b) => a - b) })),
    async idle() {
      while (working.size > 0) await Promise.allSettled(working);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function handle(
  state: State,
  message: IncomingMessage,
  response: ServerResponse,
  log: LoggedRequest[],
  faults: { fault: Fault; skip: number; left: number }[],
): Promise<void> {
  const request = parseRequest(message);
  const operation = operationOf(request);
  const { authorization, ...headers } = message.headers;
  const accessKeyId = /Credential=([^/]+)\//.exec(authorization ?? '')?.[1];
  const entry: LoggedRequest = {
    operation,
    bucket: request.bucket,
    key: request.key,
    query: Object.fromEntries(request.query),
    accessKeyId,
    headers: headers as LoggedRequest['headers'],
  };
  log.push(entry);
  // A sender that goes away shows as a body that ends early; without a listener it would end the process.
  message.on('error', () => {});
  response.on('error', () => {});
  const theirTime = Date.now() + (state.options.aheadMs ?? 0);
  response.setHeader('date', new Date(theirTime).toUTCString());
  try {
    checkTime(request, theirTime);
    const answer = await answerTo(state, request, operation, takeFault(faults, operation, request), response);
    entry.status = answer === undefined ? 0 : (answer.status ?? 200);
    if (answer !== undefined && !response.destroyed) await send(response, answer);
  } catch (error) {
    const known = error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error));
    entry.status = known.status;
    entry.code = known.code;
    // The rest of a refused body is read away, so that the answer arrives and the connection can be used again.
    message.resume();
    if (!response.destroyed && !response.headersSent) {
      const bodiless = request.method === 'HEAD' || known.status === 304;
      await send(response, {
        status: known.status,
        headers: known.headers,
        ...(bodiless ? {} : { xml: errorXml(known, request) }),
      });
    } else response.destroy();
  }
}

function takeFault(
  faults: { fault: Fault; skip: number; left: number }[],
  operation: string,
  request: S3Request,
): Fault | undefined {
  const at = faults.findIndex(
    ({ fault, left }) => left > 0 && fault.operation === operation && (fault.when?.(request) ?? true),
  );
  const found = faults[at];
  if (found === undefined) return undefined;
  if (found.skip > 0) {
    found.skip -= 1;
    return undefined;
  }
  found.left -= 1;
  return found.fault;
}

/** `undefined` = the connection was dropped instead. */
async function answerTo(
  state: State,
  request: S3Request,
  operation: string,
  fault: Fault | undefined,
  response: ServerResponse,
): Promise<S3Answer | undefined> {
  const what = fault?.what;
  switch (what?.kind) {
    case 'answer':
      throw new S3Error(what.status, what.code, what.code, { headers: what.headers ?? {}, extra: what.extra ?? {} });
    case 'errorIn200':
      request.message.resume();
      return { xml: errorXml(new S3Error(200, what.code), request) };
    case 'mangle': {
      const answer = await work(state, request, operation);
      return { ...answer, xml: what.xml(answer.xml ?? '') };
    }
    case 'lie':
      request.message.resume();
      what.answer(response, request);
      return undefined;
    case 'dropBefore':
      response.destroy();
      return undefined;
    case 'dropAfter':
      await work(state, request, operation);
      response.destroy();
      return undefined;
    case 'late':
      await work(state, request, operation, async () => {
        response.destroy();
        await what.until;
      });
      return undefined;
    case 'slow':
      return work(state, request, operation, () => what.until);
    case 'delay':
      await delay(what.ms);
      return work(state, request, operation);
    case 'hold':
      await what.until;
      return work(state, request, operation);
    case 'wrongReceipt': {
      const answer = await work(state, request, operation);
      return { ...answer, headers: { ...answer.headers, 'x-amz-checksum-crc32': 'AAAAAA==' } };
    }
    case undefined:
      return work(state, request, operation);
  }
}

async function work(
  state: State,
  request: S3Request,
  operation: string,
  landing: () => Promise<void> = async () => {},
): Promise<S3Answer> {
  checkRegion(state, request, operation);
  if (operation === 'UploadPart') return parts.uploadPart(state, request, landing);
  if (operation === 'UploadPartCopy') {
    const source = objects.copySource(state, request);
    return parts.uploadPartCopy(state, request, { blobs: [...source.blobs], sizeBytes: source.sizeBytes }, landing);
  }
  const handler = HANDLERS[operation];
  if (handler === undefined) throw new S3Error(501, 'NotImplemented', `This double does not know ${operation}`);
  return handler(state, request);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingRouting.html */
function checkRegion(state: State, request: S3Request, operation: string): void {
  const region = state.options.region ?? 'us-east-1';
  const signedFor = /Credential=[^/]+\/\d{8}\/([^/]+)\//.exec(header(request, 'authorization') ?? '')?.[1];
  if (signedFor === undefined || signedFor === region || operation === 'CreateBucket') return;
  throw new S3Error(
    301,
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint.',
    {
      headers: { 'x-amz-bucket-region': region },
      extra: { Endpoint: `s3.${region}.amazonaws.com`, Bucket: request.bucket },
    },
  );
}

const HANDLERS: Readonly<Record<string, (state: State, request: S3Request) => Promise<S3Answer>>> = {
  CreateBucket: objects.createBucket,
  HeadBucket: objects.headBucket,
  DeleteBucket: objects.deleteBucket,
  ListObjectsV2: objects.listObjectsV2,
  PutObject: objects.putObject,
  GetObject: objects.getObject,
  HeadObject: objects.getObject,
  CopyObject: objects.copyObject,
  DeleteObject: objects.deleteObject,
  CreateMultipartUpload: uploads.createMultipartUpload,
  ListParts: parts.listParts,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: uploads.abortMultipartUpload,
  ListMultipartUploads: uploads.listMultipartUploads,
};
