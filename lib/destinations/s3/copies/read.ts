import type { Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../../errors/error.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { ByteReader } from '../../../values/bytes.ts';
import type { Call } from '../../../values/call.ts';
import { describePlace, destinationError } from '../errors.ts';
import type { Session } from '../session.ts';

/** The object that stands there now. */
export async function readObject(
  session: Session,
  target: S3Locator,
  sizeBytes: number,
  call: Call,
): Promise<ByteReader> {
  const answer = await getObject(session, target, call);
  return readerOf(answer.Body as Readable, target, sizeBytes, call);
}

/** Its answer, with a body that is to be read or destroyed. */
export async function getObject(session: Session, target: S3Locator, call: Call): Promise<GetObjectCommandOutput> {
  const command = new GetObjectCommand({ Bucket: target.bucket, Key: target.key });
  return await session.perform('GetObject', target, call, ({ steady }, options) => steady.send(command, options));
}

/** The bytes of a finished object, in order, exactly `sizeBytes` of them. */
export function readerOf(stream: Readable, target: S3Locator, sizeBytes: number, call: Call): ByteReader {
  const destroy = () => stream.destroy();
  call.signal.addEventListener('abort', destroy, { once: true });
  // Errors come out of `read`; one that comes when nothing reads must not bring the process down.
  stream.on('error', () => {});
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  let readBytes = 0;

  async function next(): Promise<boolean> {
    try {
      const { value, done } = await chunks.next();
      call.signal.throwIfAborted();
      if (done === true) return false;
      rest = value;
      return true;
    } catch (error) {
      call.signal.throwIfAborted();
      throw destinationError(error, { operation: 'GetObject', place: target, words: undefined, now: 0 });
    }
  }

  return {
    async read(into) {
      while (rest.length === 0) {
        if (await next()) continue;
        if (readBytes < sizeBytes)
          throw new PieceworkError(
            'BodyShort',
            `${describePlace(target)}: the stored object ended after ${readBytes} of ${sizeBytes} bytes`,
          );
        return 0;
      }
      const count = Math.min(into.length, rest.length);
      if (readBytes + count > sizeBytes)
        throw new PieceworkError(
          'BodyLong',
          `${describePlace(target)}: the stored object has more than ${sizeBytes} bytes`,
        );
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      readBytes += count;
      return count;
    },
    async [Symbol.asyncDispose]() {
      call.signal.removeEventListener('abort', destroy);
      destroy();
    },
  };
}
