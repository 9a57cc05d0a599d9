import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer of S3 that is an error: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message = code,
    more: { headers?: Record<string, string>; extra?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.extra = more.extra ?? {};
  }
}

/** One request, taken apart: path style, `/bucket/key?query`. */
export interface S3Request {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly message: IncomingMessage;
}

export interface S3Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly xml?: string;
  readonly body?: AsyncIterable<Uint8Array>;
}

export function parseRequest(message: IncomingMessage): S3Request {
  const [path = '/', query = ''] = (message.url ?? '/').split(/\?(.*)/s, 2);
  const slash = path.indexOf('/', 1);
  return {
    method: message.method ?? 'GET',
    bucket: decodeURIComponent(path.slice(1, slash < 0 ? undefined : slash)),
    key: slash < 0 ? '' : decodeURIComponent(path.slice(slash + 1)),
    query: new URLSearchParams(query),
    message,
  };
}

export function header(request: S3Request, name: string): string | undefined {
  const value = request.message.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** The operation that a request is, by S3's own rules of method, path and query. */
export function operationOf(request: S3Request): string {
  const { method, bucket, key, query } = request;
  if (bucket === '') return 'ListBuckets';
  if (key === '') return bucketOperation(method, query);
  if (query.has('uploads') && method === 'POST') return 'CreateMultipartUpload';
  const copies = header(request, 'x-amz-copy-source') === undefined ? '' : 'Copy';
  const names: Record<string, string> = query.has('uploadId')
    ? {
        PUT: `UploadPart${copies}`,
        GET: 'ListParts',
        POST: 'CompleteMultipartUpload',
        DELETE: 'AbortMultipartUpload',
      }
    : { PUT: copies === '' ? 'PutObject' : 'CopyObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' };
  return names[method] ?? 'Unknown';
}

function bucketOperation(method: string, query: URLSearchParams): string {
  if (method === 'GET') return query.has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2';
  return { PUT: 'CreateBucket', HEAD: 'HeadBucket', DELETE: 'DeleteBucket' }[method] ?? 'Unknown';
}

export type Fields = readonly (readonly [name: string, value: string | number | Fields | undefined])[];

export function xml(name: string, fields: Fields): string {
  const write = (list: Fields): string =>
    list
      .map(([tag, value]) =>
        value === undefined
          ? ''
          : `<${tag}>${typeof value === 'object' ? write(value) : escaped(String(value))}</${tag}>`,
      )
      .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${write(fields)}</${name}>`;
}

/** Errors have no namespace. */
export function errorXml(error: S3Error, request: S3Request): string {
  const extra = Object.entries(error.extra);
  const fields: Fields = [
    ['Code', error.code],
    ['Message', error.message],
    ...extra,
    ['Resource', `/${request.bucket}/${request.key}`],
    ['RequestId', 'double'],
  ];
  return xml('Error', fields).replace(/ xmlns="[^"]*"/, '');
}

function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };
  return text.replace(/[&<>"\r]/g, (character) => names[character] ?? character);
}

/** @throws S3Error `RequestTimeTooSkewed`. What is not signed has no time. */
export function checkTime(request: S3Request, theirTime: number): void {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(header(request, 'x-amz-date') ?? '') ?? [];
  if (year === undefined) return;
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Math.abs(signedAt - theirTime) <= 15 * 60_000) return;
  throw new S3Error(
    403,
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
  );
}

export async function send(response: ServerResponse, answer: S3Answer): Promise<void> {
  const { status = 200, headers = {}, xml: text, body } = answer;
  const bytes = text === undefined ? undefined : Buffer.from(text);
  response.writeHead(status, {
    'x-amz-request-id': 'double',
    ...(bytes === undefined ? {} : { 'content-type': 'application/xml', 'content-length': bytes.length }),
    ...(bytes === undefined && body === undefined && headers['content-length'] === undefined && status !== 204
      ? { 'content-length': 0 }
      : {}),
    ...headers,
  });
  if (body === undefined) {
    response.end(bytes);
    return;
  }
  for await (const chunk of body) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}
