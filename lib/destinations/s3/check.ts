import { HeadBucketCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../errors/error.ts';
import type { S3Locator } from '../../s3/client.ts';
import type { Call } from '../../values/call.ts';
import { formatBytes } from '../../values/units.ts';
import type { ObjectSpec } from '../destination.ts';
import { isCode } from './answers.ts';
import { describePlace } from './errors.ts';
import type { Session } from './session.ts';
import { settingProblem } from './stores.ts';

/** What can be known before the first byte, without writing anything. */
export async function check(session: Session, object: ObjectSpec, target: S3Locator, call: Call): Promise<void> {
  checkObject(session, object, target);
  try {
    const command = new HeadBucketCommand({ Bucket: target.bucket });
    await session.perform('HeadBucket', target, call, ({ steady }, options) => steady.send(command, options));
  } catch (error) {
    if (!isCode(error, 'DestinationDenied', 'DestinationRefused', 'DestinationCredentials')) throw error;
    await ask(session, target, call);
  }
}

/** The part of the check that needs no store. */
export function checkObject(session: Session, object: ObjectSpec, target: S3Locator): void {
  const key = keyProblem(target);
  if (key !== undefined) throw new PieceworkError('InvalidDestination', `${describePlace(target)}: ${key}`);
  const setting = settingProblem(session.store, object.settings);
  if (setting !== undefined) throw new PieceworkError(setting.code, `${describePlace(target)}: ${setting.because}`);
  const { maxObjectBytes } = session.store.limits;
  if (object.sizeBytes !== undefined && object.sizeBytes > maxObjectBytes) {
    throw new PieceworkError(
      'DestinationTooSmall',
      `${describePlace(target)}: the object has ${formatBytes(object.sizeBytes)}, and this store holds ${formatBytes(maxObjectBytes)} at most`,
    );
  }
}

/**
 * HEAD says 400 or 403 without a word why. A question that is answered with a body tells wrong credentials from a
 * missing right; the latter says nothing here, since to write an object neither question needs to be allowed.
 */
async function ask(session: Session, target: S3Locator, call: Call): Promise<void> {
  const command = new ListMultipartUploadsCommand({ Bucket: target.bucket, Prefix: target.key, MaxUploads: 1 });
  try {
    await session.perform('ListMultipartUploads', target, call, ({ steady }, options) => steady.send(command, options));
  } catch (error) {
    if (!isCode(error, 'DestinationDenied', 'DestinationUnsupported')) throw error;
  }
}

/**
 * Keys that S3 takes but that come out under another name, or not at all, on stores that keep files (measured), and
 * with clients that tidy paths. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
function keyProblem(target: S3Locator): string | undefined {
  const { bucket, key } = target;
  if (bucket === '') return 'the bucket is missing: s3://bucket/key';
  if (key === '') return 'the key is missing: s3://bucket/key';
  const bytes = Buffer.byteLength(key);
  if (bytes > 1024) return `the key has ${bytes} bytes; S3 takes 1,024`;
  if (!key.isWellFormed()) return 'the key is not valid Unicode';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are looked for
  if (/[\x00-\x1f\x7f]/.test(key)) return 'the key has a control character in it';
  if (key.endsWith('/')) return 'the key ends in "/", which names a folder; add the name of the object';
  if (key.split('/').some((segment) => segment === '.' || segment === '..'))
    return 'the key has "." or ".." between slashes, which clients and stores resolve to another key; use another name';
  // A file store drops the empty segment: the object would appear under another name, or not be listed.
  const aws = target.endpoint === undefined;
  if (!aws && (key.startsWith('/') || key.includes('//')))
    return 'the key has an empty segment ("//" or a leading "/"), which S3-compatible stores file under another name; use another name';
  return undefined;
}
