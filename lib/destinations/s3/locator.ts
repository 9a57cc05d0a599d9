import type { S3Locator } from '../../s3/client.ts';

/** Beside the object's own key: where it waits for the proof of a digest that its parts' checksums don't make. */
export function stagingOf(to: S3Locator, transferId: string): S3Locator {
  return { ...to, key: `${to.key}.piecework-${transferId}` };
}
