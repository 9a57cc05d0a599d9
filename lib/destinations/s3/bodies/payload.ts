import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { PieceworkError } from '../../../errors/error.ts';
import { crc32, crc32Base64 } from '../../../integrity/crc32.ts';
import type { Content } from '../../../s3/direct/connection.ts';
import type { Body } from '../../../values/bytes.ts';

/**
 * How a body goes over the wire. Two things here look as if the SDK could do them, and can't:
 * its aws-chunked encoder with `requestStreamBufferSize` reads the source as fast as it comes, whatever the socket
 * takes, so that a whole piece would pile up in memory; and it sends `Transfer-Encoding: chunked`, which many stores
 * refuse.
 */
export interface Payload {
  /** Throws what the body itself goes wrong with. */
  readonly content: Content;
  /** Replace what the SDK would send. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the bytes that were sent: final once all of them are. */
  crc32(): number;
  /** Hexadecimal; of a body that is sent as it comes only where that was asked for. */
  md5(): string | undefined;
}

/** A chunk of aws-chunked: S3 refuses those under 8 KiB but the last. */
const CHUNK_BYTES = 256 * 1024;
const LINE_END = Buffer.from('\r\n');

type WindowsBody = Extract<Body, { kind: 'windows' }>;

export interface Dressing {
  /** Not hashed for the signature. */
  readonly unsigned: boolean;
  /** With its CRC32. Else with its MD5, where that is known before the start. */
  readonly withChecksums: boolean;
  /** Compute the MD5 of a body that is sent as it comes, too. */
  readonly withMd5: boolean;
}

/** @throws PieceworkError `BodyShort`, `BodyLong` for a whole body of another size than `sizeBytes`. */
export function payloadOf(body: Body, sizeBytes: number, dressing: Dressing): Payload {
  return body.kind === 'whole'
    ? wholePayload(body.bytes, body.crc32, sizeBytes, dressing)
    : windowsPayload(body, sizeBytes, dressing);
}

function wholePayload(
  bytes: Uint8Array,
  crc: number,
  sizeBytes: number,
  { unsigned, withChecksums }: Dressing,
): Payload {
  if (bytes.length < sizeBytes) throw tooShort(bytes.length, sizeBytes);
  if (bytes.length > sizeBytes) throw tooLong(sizeBytes);
  let hash: Buffer | undefined;
  const md5 = () => {
    hash ??= createHash('md5').update(bytes).digest();
    return hash;
  };
  return {
    content: bytes,
    headers: {
      'content-length': String(sizeBytes),
      ...(withChecksums ? { 'x-amz-checksum-crc32': crc32Base64(crc) } : { 'content-md5': md5().toString('base64') }),
      'x-amz-content-sha256': unsigned ? 'UNSIGNED-PAYLOAD' : createHash('sha256').update(bytes).digest('hex'),
    },
    crc32: () => crc,
    md5: () => md5().toString('hex'),
  };
}

/**
 * aws-chunked with the CRC32 in the trailer, which is known only at the end.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
function windowsPayload(body: WindowsBody, sizeBytes: number, { withChecksums, withMd5 }: Dressing): Payload {
  const md5 = withMd5 ? createHash('md5') : undefined;
  const sum: Sum = { crc32: 0, md5 };
  return {
    content: withChecksums ? encode(body, sizeBytes, sum) : plain(body, sizeBytes, sum),
    headers: withChecksums
      ? {
          'content-length': String(encodedLength(sizeBytes)),
          'content-encoding': 'aws-chunked',
          'x-amz-decoded-content-length': String(sizeBytes),
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-trailer': 'x-amz-checksum-crc32',
        }
      : { 'content-length': String(sizeBytes), 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    crc32: () => sum.crc32,
    md5: () => md5?.copy().digest('hex'),
  };
}

/** What is counted of a body while it is sent. */
interface Sum {
  crc32: number;
  readonly md5: Hash | undefined;
}

type Parts = AsyncGenerator<readonly Uint8Array[], undefined>;

async function* plain(body: WindowsBody, sizeBytes: number, sum: Sum): Parts {
  for await (const view of views(body, sizeBytes)) {
    add(sum, view);
    yield [view];
  }
  return undefined;
}

function add(sum: Sum, view: Uint8Array): void {
  sum.crc32 = crc32(view, sum.crc32);
  sum.md5?.update(view);
}

/** Every chunk is full, but the last: so the length on the wire is known before the start. */
async function* encode(body: WindowsBody, sizeBytes: number, sum: Sum): Parts {
  let left = sizeBytes;
  /** Of the chunk that was begun. */
  let open = 0;
  for await (const view of views(body, sizeBytes)) {
    add(sum, view);
    for (let at = 0; at < view.length; ) {
      const begun = open === 0 ? Math.min(CHUNK_BYTES, left) : 0;
      if (begun > 0) open = begun;
      const part = view.subarray(at, at + open);
      at += part.length;
      open -= part.length;
      left -= part.length;
      const size = begun > 0 ? [Buffer.from(`${begun.toString(16)}\r\n`)] : [];
      yield [...size, part, ...(open === 0 ? [LINE_END] : [])];
    }
  }
  yield [Buffer.from(`0\r\n${trailer(sum.crc32)}`)];
  return undefined;
}

/**
 * What the windows bring. The last bytes are held back until the body has said that it ends: what is sent whole is
 * taken for whole.
 */
async function* views(body: WindowsBody, sizeBytes: number): AsyncGenerator<Uint8Array, undefined> {
  let left = sizeBytes;
  let last: Uint8Array | undefined;
  for (let view = await body.next(); view !== undefined; view = await body.next()) {
    if (view.length > left || last !== undefined) throw tooLong(sizeBytes);
    left -= view.length;
    const held = left === 0 ? Math.min(view.length, CHUNK_BYTES) : 0;
    // A copy: the view lives only until the next call.
    if (held > 0) last = view.slice(view.length - held);
    if (view.length > held) yield view.subarray(0, view.length - held);
  }
  if (left > 0) throw tooShort(sizeBytes - left, sizeBytes);
  if (last !== undefined) yield last;
  return undefined;
}

function trailer(crc: number): string {
  return `x-amz-checksum-crc32:${crc32Base64(crc)}\r\n\r\n`;
}

function encodedLength(sizeBytes: number): number {
  const chunk = (length: number): number => length.toString(16).length + 2 + length + 2;
  const full = Math.floor(sizeBytes / CHUNK_BYTES);
  const last = sizeBytes % CHUNK_BYTES;
  return full * chunk(CHUNK_BYTES) + (last > 0 ? chunk(last) : 0) + '0\r\n'.length + trailer(0).length;
}

function tooShort(gotBytes: number, sizeBytes: number): PieceworkError {
  return new PieceworkError('BodyShort', `the body ended after ${gotBytes} of ${sizeBytes} bytes`);
}

function tooLong(sizeBytes: number): PieceworkError {
  return new PieceworkError('BodyLong', `the body has more than the ${sizeBytes} bytes promised`);
}
