import type { ErrorCode } from '../../errors/codes.ts';
import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import type { ServiceFailure } from '../../errors/foreign.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import { askedWaitMs } from '../../http/grammar/asked-wait.ts';
import { tlsFault } from '../../net/errors/tls-faults.ts';
import { regionName } from '../../s3/client.ts';
import type { Operation } from '../../s3/failures.ts';
import { codeOfFailure } from '../../s3/failures.ts';
import { clockFault } from '../../s3/skew.ts';

/** What was talked to, for the sentence. */
export interface Place {
  readonly bucket: string;
  readonly key: string;
  readonly endpoint?: string;
}

export interface FailedCall {
  readonly operation: Operation;
  readonly place: Place;
  /** What the store itself says, as it may be shown. */
  readonly words: string | undefined;
  readonly now: number;
}

/** A call that failed, as the error that leaves the destination. A `PieceworkError` passes as it is. */
export function destinationError(error: unknown, { operation, place, words, now }: FailedCall): PieceworkError {
  if (error instanceof PieceworkError) return error;
  const failure = serviceFailure(error);
  const code = codeOfFailure(failure, operation);
  if (code === undefined) return asPieceworkError(error);
  const headers = answerHeaders(error);
  const region = rightRegion(error, headers);
  const retryAfterMs = askedWaitMs(failure.status ?? 0, headers, now);
  const said = words === undefined ? '' : `; the store says: "${words}"`;
  const clock = code === 'DestinationDenied' || code === 'DestinationCredentials' ? clockFault(error, now) : undefined;
  const known = sentence(code, operation, place, failure, region);
  const what = clock === undefined ? known : `${clock}: ${known}`;
  return new PieceworkError(code, `${describePlace(place)}: ${what}${said}`, {
    cause: error,
    details: {
      target: describePlace(place),
      operation,
      storeError: failure.name,
      ...(failure.status === undefined ? {} : { destinationStatus: failure.status }),
      ...(region === undefined ? {} : { region }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  });
}

/** `s3://bucket/key at host`; the endpoint may carry a user and password, so only its host is shown. */
export function describePlace(place: Place): string {
  const object = `s3://${place.bucket}/${place.key}`;
  const host = place.endpoint === undefined ? undefined : URL.parse(place.endpoint)?.host;
  return host === undefined ? object : `${object} at ${host}`;
}

function sentence(
  code: ErrorCode,
  operation: Operation,
  place: Place,
  failure: ServiceFailure,
  region: string | undefined,
): string {
  const { name, status } = failure;
  const said = status === undefined ? name : `${name}, HTTP ${status}`;
  switch (code) {
    case 'DestinationMissing':
      return name === 'NoSuchKey' || operation === 'HeadObject' || operation === 'GetObject'
        ? `nothing is there (${said})`
        : `the bucket "${place.bucket}" does not exist (${said}); create it or correct its name`;
    case 'DestinationDenied':
      return denied(operation, place, name, said);
    case 'DestinationCredentials':
      return credentials(name, said);
    case 'DestinationWrongRegion':
      return region === undefined
        ? `the bucket is in another region or behind another endpoint (${said}); give its region`
        : `the bucket is in the region ${region}; give that one (${said})`;
    case 'DestinationExists':
      return 'an object is already there';
    case 'SourceChanged':
      return `another version is there than was asked for (${said})`;
    case 'DestinationConflict':
      return `another writer was at work on the same key (${said})`;
    case 'UploadLost':
      return 'the multipart upload is no longer there: it was completed or aborted';
    case 'ChecksumMismatch':
      return `the store received other bytes than were sent: its checksum differs (${said})`;
    case 'DestinationUnsupported':
      return `the store does not know what ${operation} asked for (${said}); leave out the setting or use another store`;
    case 'DestinationFull':
      return `the store is full or its quota is used up (${said})`;
    case 'DestinationBusy':
      return `the store asks for patience (${said})`;
    case 'DestinationServerError':
      return `the store failed at ${operation} (${said})`;
    case 'DestinationTls':
      return tlsSentence(name, said);
    case 'DestinationUnreachable':
      return `the store was not reached (${said}); check endpoint, network and firewall`;
    default:
      if (status !== undefined && status < 300)
        return `the answer to ${operation} is not one of S3 (${said}); check the endpoint`;
      return `the store refused ${operation} (${said})${REFUSALS[name] ?? ''}`;
  }
}

function tlsSentence(name: string, said: string): string {
  const { fault, remedy } = tlsFault(name) ?? { fault: 'the TLS handshake failed', remedy: 'check the endpoint' };
  return `no secure connection: ${fault} (${said}); ${remedy}`;
}

const REFUSALS: Readonly<Record<string, string>> = {
  EntityTooSmall: ': a piece other than the last is smaller than the store allows; choose larger pieces',
  EntityTooLarge: ': the object or a piece is larger than the store allows',
  InvalidPart: ': a part is not, or no longer, what was uploaded',
  InvalidPartOrder: ': the parts are not in order',
  KeyTooLongError: ': the key is longer than 1,024 bytes',
  InvalidChunkSizeError: ': a chunk was below 8 KiB',
  InvalidBucketName: ': the name of the bucket is not valid',
  MetadataTooLarge: ': the metadata is larger than the store allows',
};

/**
 * The right that lets an operation through.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
const RIGHTS: Readonly<Record<Operation, string>> = {
  HeadBucket: 's3:ListBucket',
  HeadObject: 's3:GetObject',
  GetObject: 's3:GetObject',
  PutObject: 's3:PutObject',
  CopyObject: 's3:GetObject and s3:PutObject',
  DeleteObject: 's3:DeleteObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:GetObject and s3:PutObject',
  ListObjectsV2: 's3:ListBucket',
  ListParts: 's3:ListMultipartUploadParts',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
};

/** Tags and an ACL are rights of their own, and S3 does not say which one is missing. */
const WITH_SETTINGS = ', with tags also s3:PutObjectTagging, with an ACL also s3:PutObjectAcl';

const ALSO: Readonly<Partial<Record<Operation, string>>> = {
  // S3 answers 403 for a key that does not exist to whom may not list the bucket.
  HeadObject: ', and s3:ListBucket on the bucket to see that nothing is there',
  PutObject: WITH_SETTINGS,
  CopyObject: WITH_SETTINGS,
  CreateMultipartUpload: WITH_SETTINGS,
};

function denied(operation: Operation, place: Place, name: string, said: string): string {
  if (name.startsWith('KMS'))
    return `the KMS key can't be used (${said}): it is missing, disabled, or these credentials lack kms:GenerateDataKey and kms:Decrypt on it`;
  const onBucket = operation === 'HeadBucket' || operation === 'ListMultipartUploads' || operation === 'ListObjectsV2';
  const arn = `arn:aws:s3:::${place.bucket}${onBucket ? '' : `/${place.key}`}`;
  const also = ALSO[operation] ?? '';
  return `access denied to ${operation} (${said}); the credentials need ${RIGHTS[operation]} on ${arn}${also}`;
}

function credentials(name: string, said: string): string {
  switch (name) {
    case 'InvalidAccessKeyId':
      return `the store does not know this access key (${said}); check the profile or AWS_ACCESS_KEY_ID, and that they belong to this store`;
    case 'SignatureDoesNotMatch':
      return `the secret key does not fit the access key (${said}); check AWS_SECRET_ACCESS_KEY or the profile`;
    case 'RequestTimeTooSkewed':
      return `this machine's clock is too far off (${said}); set it`;
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
    case 'InvalidToken':
      return `the credentials have expired or are not valid (${said}); sign in again or renew them`;
    case 'CredentialsProviderError':
    case 'TokenProviderError':
    case 'ProviderError':
      return `no credentials were found (${said}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, give a profile, or sign in`;
    default:
      return `the store did not accept the credentials (${said})`;
  }
}

function answerHeaders(error: unknown): Readonly<Record<string, string | undefined>> {
  const { $response } = Object(error) as { $response?: { headers?: Record<string, string | undefined> } };
  return $response?.headers ?? {};
}

function rightRegion(error: unknown, headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const { Region } = Object(error) as { Region?: unknown };
  return regionName(headers['x-amz-bucket-region'] ?? Region);
}
