import { fileLocator, identityOfFile } from '../../lib/destinations/file/locator.ts';
import { identityOfS3, isS3 } from '../../lib/destinations/s3/locator.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';

/** One text per place, of a file or of an object in S3. */
export function identityOf(to: DestinationLocator): string {
  return isS3(to) ? identityOfS3(to) : identityOfFile(fileLocator(to));
}
