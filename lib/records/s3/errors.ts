import type { PieceworkError } from '../../errors/error.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import { serviceError } from '../../errors/service.ts';

/** Runs a call on the bucket of the records; what the SDK throws becomes an error of ours. */
export async function onBucket<T>(bucket: string, right: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw failed(error, bucket, right);
  }
}

function failed(error: unknown, bucket: string, right: string): PieceworkError {
  return serviceError(error, { target: `the records bucket ${bucket}`, right });
}

export function isNotThere(error: unknown): boolean {
  const { name, status } = serviceFailure(error);
  return status === 404 && name !== 'NoSuchBucket';
}

/**
 * 412: the condition does not hold. 409: another write to the same key is at work. 404, of a write that wants a
 * version: nothing is there. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function isConflict(error: unknown): boolean {
  const { status } = serviceFailure(error);
  return status === 412 || status === 409 || isNotThere(error);
}
