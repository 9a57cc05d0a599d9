import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../../errors/error.ts';
import { serviceFailure } from '../../../errors/foreign.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { ByteReader } from '../../../values/bytes.ts';
import type { Call } from '../../../values/call.ts';
import type { StagedObject, StagedReader } from '../../destination.ts';
import { givenName } from '../answers.ts';
import { describePlace, destinationError } from '../errors.ts';
import { tokenIn } from '../metadata.ts';
import { headObject } from '../objects.ts';
import type { Session } from '../session.ts';

/** The staged object of this token, and no other: one answer says whose it is, which version, and its bytes. */
export async function readStaged(
  session: Session,
  target: S3Locator,
  token: string,
  sizeBytes: number,
  call: Call,
): Promise<StagedReader> {
  const command = new GetObjectCommand({ Bucket: target.bucket, Key: target.key });
  const answer = await session.perform('GetObject', target, call, ({ steady }, options) =>
    steady.send(command, options),
  );
  const body = answer.Body as Readable;
  try {
    if (tokenIn(answer.Metadata) !== token) throw stagedChanged(target);
    const etag = givenName(answer.ETag, 'ETag', 'GetObject', target);
    const { VersionId: versionId } = answer;
    const staged = { target, sizeBytes, etag, ...(versionId === undefined ? {} : { versionId }) };
    return { ...readerOf(body, target, sizeBytes, call), staged };
  } catch (error) {
    body.on('error', () => {});
    body.destroy();
    throw error;
  }
}

/** Whether what was read still stands there. Of a kept version: whether it is still kept. */
export async function isStillThere(
  session: Session,
  from: S3Locator,
  { etag, versionId }: StagedObject,
  call: Call,
): Promise<boolean> {
  const there = await headObject(session, from, call, versionId);
  return there?.etag === etag;
}

export function stagedChanged(place: S3Locator, cause?: unknown): PieceworkError {
  return new PieceworkError(
    'StagedObjectChanged',
    `${describePlace(place)}: another program wrote over the object while its digest was being proved; nothing was published. Keep it from writing there, and try again`,
    { cause, details: { target: describePlace(place) } },
  );
}

export function stagedGone(place: S3Locator, cause: unknown): PieceworkError {
  return new PieceworkError('UploadLost', `${describePlace(place)}: the staged object is not there`, {
    cause,
    details: { target: describePlace(place) },
  });
}

/** Of a copy: its source is missing, not its target's bucket or upload. */
export function isNoSuchObject(error: unknown): boolean {
  return error instanceof PieceworkError && ['NoSuchKey', 'NoSuchVersion'].includes(serviceFailure(error.cause).name);
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
