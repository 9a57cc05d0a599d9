import type { ErrorCode } from '../errors/codes.ts';
import type { ServiceFailure } from '../errors/foreign.ts';
import { tlsFault } from '../net/errors/tls-faults.ts';

/** What was tried: for the sentence, and for the few codes that depend on it. */
export type Operation =
  | 'HeadBucket'
  | 'HeadObject'
  | 'GetObject'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'ListObjectsV2'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads';

// Names from https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and what other stores say instead.
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: 'DestinationMissing',
  NoSuchUpload: 'UploadLost',
  AccessDenied: 'DestinationDenied',
  AllAccessDisabled: 'DestinationDenied',
  AccountProblem: 'DestinationDenied',
  MethodNotAllowed: 'DestinationDenied',
  AccessControlListNotSupported: 'DestinationUnsupported',
  InvalidStorageClass: 'DestinationUnsupported',
  NotImplemented: 'DestinationUnsupported',
  UnsupportedOperation: 'DestinationUnsupported',
  ConditionalRequestConflict: 'DestinationConflict',
  OperationAborted: 'DestinationConflict',
  BadDigest: 'ChecksumMismatch',
  XAmzContentChecksumMismatch: 'ChecksumMismatch',
  InvalidDigest: 'ChecksumMismatch',
  XAmzContentSHA256Mismatch: 'ChecksumMismatch',
  PermanentRedirect: 'DestinationWrongRegion',
  AuthorizationHeaderMalformed: 'DestinationWrongRegion',
  IllegalLocationConstraintException: 'DestinationWrongRegion',
  // The credentials themselves
  InvalidAccessKeyId: 'DestinationCredentials',
  SignatureDoesNotMatch: 'DestinationCredentials',
  ExpiredToken: 'DestinationCredentials',
  ExpiredTokenException: 'DestinationCredentials',
  TokenRefreshRequired: 'DestinationCredentials',
  InvalidToken: 'DestinationCredentials',
  InvalidSecurity: 'DestinationCredentials',
  NotSignedUp: 'DestinationCredentials',
  CredentialsProviderError: 'DestinationCredentials',
  TokenProviderError: 'DestinationCredentials',
  ProviderError: 'DestinationCredentials',
  RequestTimeTooSkewed: 'DestinationCredentials',
  // Encryption
  'KMS.DisabledException': 'DestinationDenied',
  'KMS.NotFoundException': 'DestinationDenied',
  'KMS.KMSInvalidStateException': 'DestinationDenied',
  'KMS.InvalidKeyUsageException': 'DestinationDenied',
  KMSDisabledException: 'DestinationDenied',
  KMSNotFoundException: 'DestinationDenied',
  KMSInvalidStateException: 'DestinationDenied',
  KMSAccessDeniedException: 'DestinationDenied',
  // Full
  QuotaExceeded: 'DestinationFull',
  XMinioStorageFull: 'DestinationFull',
  InsufficientStorage: 'DestinationFull',
  // Passing
  SlowDown: 'DestinationBusy',
  SlowDownRead: 'DestinationBusy',
  SlowDownWrite: 'DestinationBusy',
  ServiceUnavailable: 'DestinationBusy',
  Throttling: 'DestinationBusy',
  ThrottlingException: 'DestinationBusy',
  TooManyRequests: 'DestinationBusy',
  RequestLimitExceeded: 'DestinationBusy',
  InternalError: 'DestinationServerError',
  InternalServerError: 'DestinationServerError',
  RequestTimeout: 'DestinationServerError',
  IncompleteBody: 'DestinationServerError',
  // Of `bounded-handler.ts`
  AnswerTooLong: 'DestinationRefused',
  AnswerMalformed: 'DestinationRefused',
};

const NETWORK_NAMES: ReadonlySet<string> = new Set([
  'TimeoutError',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ERR_STREAM_PREMATURE_CLOSE',
  // Of connections of our own
  'HEAD_MALFORMED',
  'HEAD_TOO_LARGE',
  'CHUNK_MALFORMED',
]);

/**
 * The code of a failed call: by name, then by class of status. `undefined` = neither store nor network failed, but we.
 */
export function codeOfFailure(failure: ServiceFailure, operation: Operation): ErrorCode | undefined {
  const { name, status } = failure;
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (known !== undefined) return known;
  if (name === 'PreconditionFailed') return preconditionFailed(operation);
  if (name.startsWith('KMS.')) return 'DestinationDenied';
  if (NETWORK_NAMES.has(name) || name.startsWith('HPE_')) return 'DestinationUnreachable';
  if (tlsFault(name) !== undefined) return 'DestinationTls';
  return status === undefined ? undefined : codeOfStatus(status, operation);
}

function codeOfStatus(status: number, operation: Operation): ErrorCode {
  switch (status) {
    case 301:
    case 302:
    case 307:
    case 308:
      return 'DestinationWrongRegion';
    case 401:
      return 'DestinationCredentials';
    case 403:
    case 405:
      return 'DestinationDenied';
    case 404:
      return notFound(operation);
    case 408:
      return 'DestinationServerError';
    case 409:
      return 'DestinationConflict';
    case 412:
      return preconditionFailed(operation);
    case 429:
    case 503:
      return 'DestinationBusy';
    case 501:
      return 'DestinationUnsupported';
    case 507:
      return 'DestinationFull';
    default:
      return status >= 500 ? 'DestinationServerError' : 'DestinationRefused';
  }
}

/** A read has its only condition on the version that is read, a write on what is there. */
function preconditionFailed(operation: Operation): ErrorCode {
  switch (operation) {
    case 'HeadObject':
    case 'GetObject':
    case 'UploadPartCopy':
      return 'SourceChanged';
    default:
      return 'DestinationExists';
  }
}

/** A 404 whose body names nothing: what can be missing there. */
function notFound(operation: Operation): ErrorCode {
  switch (operation) {
    case 'UploadPart':
    case 'UploadPartCopy':
    case 'ListParts':
    case 'CompleteMultipartUpload':
    case 'AbortMultipartUpload':
      return 'UploadLost';
    default:
      return 'DestinationMissing';
  }
}
