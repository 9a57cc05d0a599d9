import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll } from 'vitest';
import type { S3Double } from '../s3-double.ts';
import { startS3Double } from '../s3-double.ts';

/* A double with small limits, and requests as a client would write them by hand. */

export const MIN = 1000;
export const FULL = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' };
export const A = 'a'.repeat(MIN);
export const B = 'b'.repeat(MIN);
export const END = 'the end';
/** Their bytes as one object. */
export const WHOLE = A + B + END;

export function base64(bytes: string | Uint8Array): string {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  return four.toString('base64');
}

export function field(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
}

interface Said {
  readonly status: number;
  readonly code: string | undefined;
  readonly headers: Headers;
  readonly text: string;
}

export interface Completion {
  readonly headers?: Record<string, string>;
  readonly parts?: readonly (readonly [number, string])[];
  readonly sent?: readonly (readonly [number, string])[];
  readonly checksums?: boolean;
  readonly create?: Record<string, string>;
}

/** For the whole of a test file. */
export function s3DoubleBench() {
  let double: S3Double;
  let serial = 0;

  beforeAll(async () => {
    double = await startS3Double({ minPartBytes: MIN, maxPartBytes: 100_000, pageSize: 2 });
    double.makeBucket('b');
  });
  afterAll(async () => {
    await double[Symbol.asyncDispose]();
  });

  async function ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
    server = double,
  ): Promise<Said> {
    const response = await fetch(`${server.endpoint}${path}`, {
      method,
      headers: { ...headers, connection: 'close' },
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    });
    const text = await response.text();
    return { status: response.status, code: field(text, 'Code'), headers: response.headers, text };
  }

  function fresh(): string {
    serial += 1;
    return `/b/key-${serial}`;
  }

  async function create(path: string, headers: Record<string, string> = FULL, server = double): Promise<string> {
    const { text } = await ask('POST', `${path}?uploads`, headers, undefined, server);
    return field(text, 'UploadId') ?? '';
  }

  async function part(
    path: string,
    id: string,
    number: number,
    bytes: string,
    headers: Record<string, string> = { 'x-amz-checksum-crc32': base64(bytes) },
  ): Promise<Said> {
    return ask('PUT', `${path}?partNumber=${number}&uploadId=${id}`, headers, bytes);
  }

  /** An upload of three parts, and its Complete with the given changes. */
  async function complete(change: Completion, path = fresh()): Promise<Said> {
    const id = await create(path, change.create ?? FULL);
    const sent = change.sent ?? [
      [1, A],
      [2, B],
      [3, END],
    ];
    for (const [number, bytes] of sent) await part(path, id, number, bytes);
    return ask(
      'POST',
      `${path}?uploadId=${id}`,
      change.headers ?? {},
      list(change.parts ?? sent, change.checksums ?? true),
    );
  }

  return {
    get double() {
      return double;
    },
    ask,
    fresh,
    create,
    part,
    complete,
  };
}

export function list(parts: readonly (readonly [number: number, bytes: string])[], checksums = true): string {
  const rows = parts.map(([number, bytes]) => {
    const etag = createHash('md5').update(bytes).digest('hex');
    return `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag>${checksums ? `<ChecksumCRC32>${base64(bytes)}</ChecksumCRC32>` : ''}</Part>`;
  });
  return `<CompleteMultipartUpload>${rows.join('')}</CompleteMultipartUpload>`;
}
