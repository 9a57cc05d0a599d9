import type { DestinationLocator } from '../../transfer/locators.ts';
import { ApiError } from '../answers/problem.ts';
import type { SubmitBody } from '../schemas/request.ts';

/** Where a deployment may write: a bucket, or what lies under a prefix of it. */
export interface AllowedDestination {
  readonly bucket: string;
  /** @default '' = the whole bucket */
  readonly prefix?: string;
  /** Where the bucket is; a request may say the same, or nothing. @default the deployment's */
  readonly region?: string;
  /** Of an S3-compatible store; a request may say the same, or nothing. @default AWS */
  readonly endpoint?: string;
}

/** @throws PieceworkError `InvalidDestination`, with those that are allowed. */
export function locateDestination(
  asked: SubmitBody['destination'],
  allowed: readonly AllowedDestination[],
): DestinationLocator {
  const { bucket, key, region, endpoint } = asked;
  const rule = allowed.find(
    (one) =>
      one.bucket === bucket &&
      key.startsWith(one.prefix ?? '') &&
      (region ?? one.region) === one.region &&
      (endpoint ?? one.endpoint) === one.endpoint,
  );
  if (rule === undefined) {
    const shown = allowed.map(describeAllowed);
    throw new ApiError(
      'InvalidDestination',
      `this deployment does not write there; it writes to ${shown.join(', ') || 'nowhere'}`,
      { allowed: shown },
    );
  }
  return {
    kind: 's3',
    bucket,
    key,
    ...(rule.region === undefined ? {} : { region: rule.region }),
    ...(rule.endpoint === undefined ? {} : { endpoint: rule.endpoint }),
  };
}

function describeAllowed({ bucket, prefix = '', region, endpoint }: AllowedDestination): string {
  const where = [region, endpoint].filter((part) => part !== undefined);
  return `s3://${bucket}/${prefix}${where.length === 0 ? '' : ` (${where.join(', ')})`}`;
}
