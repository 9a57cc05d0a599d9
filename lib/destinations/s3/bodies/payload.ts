import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { PieceworkError } from '../../../errors/error.ts';
import { crc32, crc32Base64 } from '../../../integrity/crc32.ts';
import type { Body } from '../../../values/bytes.ts';

/**
 * How a body goes over the wire. Two things here look as if the SDK could do them, and can't:
 * its aws-chunked encoder with `requestStreamBufferSize` reads the source as fast as it comes, whatever the socket
 * takes, so that a whole piece would pile up in memory; and it sends `Transfer-Encoding: chunked`, which many stores
 * refuse.
 */
export interface Payload {
  readonly stream: Readable;
  /** The same, where it is no more than one write. */
  readonly bytes?: Uint8Array;
  /** Replace what the SDK would send. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the bytes that were sent: final once all of them are. */
  crc32(): number;
  /** Hexadecimal; of a body that is sent as it comes only where that was asked for. */
  md5(): string | undefined;
  /** What the body itself went wrong with; the request is then to be broken off. */
  readonly failed: Promise<never>;
}

/**
 * Large enough that TLS is cheap, small enough that encrypting one does not hold the event loop nor double the memory
 * (one 64 MiB write is encrypted whole). It is also the chunk of aws-chunked: S3 refuses chunks under 8 KiB but the
 * last.
 */
const SLICE_BYTES = 256 * 1024;

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
  let at = 0;
  const stream = new Readable({
    highWaterMark: SLICE_BYTES,
    read() {
      if (at >= bytes.length) {
        this.push(null);
        return;
      }
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      at += slice.length;
      // A view, no copy: the caller keeps the bytes until the call is over.
      this.push(Buffer.from(slice.buffer, slice.byteOffset, slice.length));
    },
  });
  return {
    stream,
    ...(bytes.length <= SLICE_BYTES ? { bytes } : {}),
    headers: {
      'content-length': String(sizeBytes),
      ...(withChecksums ? { 'x-amz-checksum-crc32': crc32Base64(crc) } : { 'content-md5': md5().toString('base64') }),
      'x-amz-content-sha256': unsigned ? 'UNSIGNED-PAYLOAD' : createHash('sha256').update(bytes).digest('hex'),
    },
    crc32: () => crc,
    md5: () => md5().toString('hex'),
    failed: new Promise<never>(() => {}),
  };
}

/**
 * aws-chunked with the CRC32 in the trailer, which is known only at the end.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
function windowsPayload(body: WindowsBody, sizeBytes: number, { withChecksums, withMd5 }: Dressing): Payload {
  const md5 = withMd5 ? createHash('md5') : undefined;
  const sum: Sum = { crc32: 0, md5 };
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // It may fail when nothing waits for it any more.
  failed.catch(() => {});
  const encoded = withChecksums ? encode(body, sizeBytes, sum) : plain(body, sizeBytes, sum);
  const stream = new Readable({
    highWaterMark: SLICE_BYTES,
    read() {
      encoded.next().then(
        ({ value }) => this.push(value ?? null),
        (error: unknown) => {
          fail(error);
          // Without the error: nothing listens for it here, and the request is broken off by `failed`.
          this.destroy();
        },
      );
    },
  });
  return {
    stream,
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
    failed,
  };
}

/** What is counted of a body while it is sent. */
interface Sum {
  crc32: number;
  readonly md5: Hash | undefined;
}

async function* plain(body: WindowsBody, sizeBytes: number, sum: Sum): AsyncGenerator<Buffer, undefined> {
  for await (const slice of slices(body, sizeBytes)) {
    add(sum, slice);
    yield slice;
  }
  return undefined;
}

function add(sum: Sum, slice: Buffer): void {
  sum.crc32 = crc32(slice, sum.crc32);
  sum.md5?.update(slice);
}

/** Every chunk is one full slice, but the last: so the length on the wire is known before the start. */
async function* encode(body: WindowsBody, sizeBytes: number, sum: Sum): AsyncGenerator<Buffer, undefined> {
  for await (const slice of slices(body, sizeBytes)) {
    add(sum, slice);
    yield Buffer.from(`${slice.length.toString(16)}\r\n`);
    yield slice;
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(`0\r\n${trailer(sum.crc32)}`);
  return undefined;
}

/**
 * Slices of memory of their own, cut from the windows. They are copies on purpose: a view lives only until the next
 * call of `next`, and nothing tells when the socket has let go of what it was given.
 */
async function* slices(body: WindowsBody, sizeBytes: number): AsyncGenerator<Buffer, undefined> {
  /** Not yet yielded: what is in `slice` counts as left. */
  let left = sizeBytes;
  let filled = 0;
  let slice = Buffer.allocUnsafeSlow(Math.min(SLICE_BYTES, left));
  for (let view = await body.next(); view !== undefined; view = await body.next()) {
    if (filled + view.length > left) throw tooLong(sizeBytes);
    for (let at = 0; at < view.length; ) {
      const count = Math.min(view.length - at, slice.length - filled);
      slice.set(view.subarray(at, at + count), filled);
      filled += count;
      at += count;
      // The last slice is held back until the body has said that it ends: what is sent whole is taken for whole.
      if (filled === slice.length && filled < left) {
        yield slice;
        left -= filled;
        filled = 0;
        slice = Buffer.allocUnsafeSlow(Math.min(SLICE_BYTES, left));
      }
    }
  }
  if (filled < left) throw tooShort(sizeBytes - left + filled, sizeBytes);
  if (left > 0) yield slice;
  return undefined;
}

function trailer(crc: number): string {
  return `x-amz-checksum-crc32:${crc32Base64(crc)}\r\n\r\n`;
}

function encodedLength(sizeBytes: number): number {
  const chunk = (length: number): number => length.toString(16).length + 2 + length + 2;
  const full = Math.floor(sizeBytes / SLICE_BYTES);
  const last = sizeBytes % SLICE_BYTES;
  return full * chunk(SLICE_BYTES) + (last > 0 ? chunk(last) : 0) + '0\r\n'.length + trailer(0).length;
}

function tooShort(gotBytes: number, sizeBytes: number): PieceworkError {
  return new PieceworkError('BodyShort', `the body ended after ${gotBytes} of ${sizeBytes} bytes`);
}

function tooLong(sizeBytes: number): PieceworkError {
  return new PieceworkError('BodyLong', `the body has more than the ${sizeBytes} bytes promised`);
}
