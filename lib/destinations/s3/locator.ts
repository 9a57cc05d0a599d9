import { PieceworkError } from '../../errors/error.ts';
import { redactPlace, redactUrl } from '../../errors/redact.ts';
import type { S3Locator } from '../../s3/client.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { isStagingKey, stagingKey } from '../../transfer/staging-key.ts';
import { stated } from '../../values/stated.ts';
import type { WrittenDestination } from '../kind.ts';

/** Where buckets are, for destinations that say only bucket and key. */
export interface S3Store {
  /** Of an S3-compatible store. @default AWS */
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle?: boolean;
}

export function isS3(to: DestinationLocator): to is S3Locator {
  return to.kind === 's3' && typeof to['bucket'] === 'string' && typeof to['key'] === 'string';
}

/** @throws PieceworkError `InvalidDestination`. */
export function s3Locator(to: DestinationLocator): S3Locator {
  if (isS3(to)) return to;
  throw new PieceworkError('InvalidDestination', `a destination of the kind ${to.kind} is no place in S3`);
}

export function identityOfS3({ endpoint = '', bucket, key }: S3Locator): string {
  return JSON.stringify(['s3', endpoint, bucket, key]);
}

/** Without the endpoint, which may carry a user and a password. */
export function describeS3({ bucket, key }: S3Locator): string {
  return `s3://${bucket}/${key}`;
}

/** Beside the object's own key: where it waits for the proof of a digest that its parts' checksums don't make. */
export function stagingOf(to: S3Locator, transferId: string): S3Locator {
  return { ...to, key: stagingKey(to.key, transferId) };
}

/** `s3://bucket/key`, `s3://bucket/prefix/`. */
export function parseS3(text: string, store: S3Store): WrittenDestination | undefined {
  if (!/^s3:/i.test(text)) return undefined;
  if (!/^s3:\/\//i.test(text)) {
    throw new PieceworkError(
      'InvalidDestination',
      `${redactPlace(text)} is no destination: S3 is s3://bucket/key, and a file of that name ./${redactPlace(text)}`,
    );
  }
  const match = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(text);
  const bucket = match?.[1] ?? '';
  const key = match?.[2] ?? '';
  if (!/^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i.test(bucket)) {
    throw new PieceworkError(
      'InvalidDestination',
      `${noBucket(text, bucket)}: a destination in S3 is s3://bucket/key or s3://bucket/prefix/`,
    );
  }
  const needsName = key === '' || key.endsWith('/');
  const { endpoint, region, pathStyle } = store;
  const where = stated({ endpoint, region, pathStyle });
  return {
    locate(name): S3Locator {
      const to = { kind: 's3', bucket, key: needsName ? `${key}${name}` : key, ...where } as const;
      if (!isStagingKey(to.key)) return to;
      throw new PieceworkError(
        'InvalidDestination',
        `${describeS3(to)} ends in ".piecework-" and an id, as the objects do that wait for their proof; choose another key`,
      );
    },
  };
}

/** Of what is no name, nothing is shown: it may be a login. */
function noBucket(text: string, bucket: string): string {
  if (bucket === '') return `${redactPlace(text)} names no bucket`;
  if (/^[\w.-]+$/.test(bucket))
    return `${redactPlace(text)} has "${bucket}" where the bucket stands, which can be none`;
  return `${redactUrl(text)} has no bucket in its place (credentials come from the environment or a profile)`;
}
