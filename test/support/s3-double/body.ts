import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Blob, Bytes } from './bytes.ts';
import type { S3Request } from './http.ts';
import { header, S3Error } from './http.ts';

// A body as it arrives: plain or aws-chunked, its length and checksums compared.
// Signatures are not: versitygw does that.

const MIN_CHUNK_BYTES = 8192;

/** Takes the body in and refuses it as S3 does. Nothing is kept of a body that is refused. */
export async function receive(
  request: S3Request,
  bytes: Bytes,
  maxBytes: number,
): Promise<Blob & { readonly checksummed: boolean }> {
  const sink = bytes.sink();
  const trailers: Record<string, string> = {};
  const sha256 = createHash('sha256');
  const chunked = header(request, 'x-amz-content-sha256')?.startsWith('STREAMING-') === true;
  const promised = Number(header(request, chunked ? 'x-amz-decoded-content-length' : 'content-length') ?? Number.NaN);
  if (Number.isNaN(promised))
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  if (promised > maxBytes)
    throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  try {
    for await (const chunk of chunked ? decode(request.message, trailers) : request.message) {
      sha256.update(chunk);
      await sink.write(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof S3Error) throw error;
    // The sender went away in the middle.
    throw incomplete(error);
  }
  const blob = await sink.end();
  if (blob.sizeBytes !== promised)
    throw new S3Error(
      400,
      'IncompleteBody',
      'You did not provide the number of bytes specified by the Content-Length HTTP header.',
    );
  const checksummed = compare(request, blob, trailers);
  const hash = header(request, 'x-amz-content-sha256') ?? '';
  if (/^[0-9a-f]{64}$/.test(hash) && hash !== sha256.digest('hex')) {
    throw new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  return { ...blob, checksummed };
}

function incomplete(cause?: unknown): S3Error {
  const message = 'You did not provide the number of bytes specified by the Content-Length HTTP header.';
  return new S3Error(400, 'IncompleteBody', message, { cause });
}

/** @returns whether a CRC32 came with it. */
function compare(request: S3Request, blob: Blob, trailers: Readonly<Record<string, string>>): boolean {
  const announced = header(request, 'x-amz-trailer');
  if (announced !== undefined && trailers[announced] === undefined)
    throw new S3Error(400, 'MalformedTrailerError', 'The request contained trailing data that was not well-formed');
  const given = header(request, 'x-amz-checksum-crc32') ?? trailers['x-amz-checksum-crc32'];
  if (given !== undefined) {
    if (Buffer.from(given, 'base64').length !== 4)
      throw new S3Error(400, 'InvalidRequest', 'Value for x-amz-checksum-crc32 header is invalid.');
    if (given !== base64(blob.crc32))
      throw new S3Error(400, 'BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
  }
  const md5 = header(request, 'content-md5');
  if (md5 !== undefined && Buffer.from(md5, 'base64').toString('hex') !== blob.md5)
    throw new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
  return given !== undefined;
}

export function base64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

export async function crcOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let crc = 0;
  for await (const chunk of chunks) crc = crc32(chunk, crc);
  return crc;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
async function* decode(source: AsyncIterable<Buffer>, trailers: Record<string, string>): AsyncGenerator<Buffer> {
  const input = reader(source);
  let previous = MIN_CHUNK_BYTES;
  for (;;) {
    const line = await input.line();
    const size = /^([0-9a-f]{1,8})(?:;chunk-signature=[0-9a-f]{64})?$/i.exec(line)?.[1];
    if (size === undefined) throw new S3Error(400, 'IncompleteBody', 'The request body terminated unexpectedly');
    let left = Number.parseInt(size, 16);
    if (left === 0) break;
    if (previous < MIN_CHUNK_BYTES)
      throw new S3Error(
        403,
        'InvalidChunkSizeError',
        'Only the last chunk is allowed to have a size less than 8192 bytes',
      );
    previous = left;
    while (left > 0) {
      const chunk = await input.some(left);
      left -= chunk.length;
      yield chunk;
    }
    if ((await input.line()) !== '')
      throw new S3Error(400, 'IncompleteBody', 'The request body terminated unexpectedly');
  }
  for (let line = await input.line(); line !== ''; line = await input.line()) {
    const [name = '', value = ''] = line.split(/:(.*)/s, 2);
    trailers[name.trim().toLowerCase()] = value.trim();
  }
}

function reader(source: AsyncIterable<Buffer>): { line(): Promise<string>; some(most: number): Promise<Buffer> } {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  async function more(): Promise<void> {
    const { value, done } = await chunks.next();
    if (done === true) throw new Error('the body ended');
    rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
  }
  return {
    async line() {
      for (;;) {
        const end = rest.indexOf('\r\n');
        if (end >= 0) {
          const line = rest.subarray(0, end).toString('latin1');
          rest = rest.subarray(end + 2);
          return line;
        }
        if (rest.length > 4096) throw new Error('no line');
        await more();
      }
    },
    async some(most) {
      if (rest.length === 0) await more();
      const chunk = rest.subarray(0, most);
      rest = rest.subarray(chunk.length);
      return chunk;
    },
  };
}
