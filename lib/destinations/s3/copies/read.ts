import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Locator } from '../../../s3/client.ts';
import type { ByteReader } from '../../../values/bytes.ts';
import type { Call } from '../../../values/call.ts';
import type { Session } from '../session.ts';
import { readerOf } from './staged.ts';

/** The object that stands there now. */
export async function readObject(
  session: Session,
  target: S3Locator,
  sizeBytes: number,
  call: Call,
): Promise<ByteReader> {
  const command = new GetObjectCommand({ Bucket: target.bucket, Key: target.key });
  const answer = await session.perform('GetObject', target, call, ({ steady }, options) =>
    steady.send(command, options),
  );
  return readerOf(answer.Body as Readable, target, sizeBytes, call);
}
