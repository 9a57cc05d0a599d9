import { asPieceworkError, PieceworkError } from './error.ts';
import type { ServiceFailure } from './foreign.ts';
import { serviceFailure } from './foreign.ts';

/** A call of a service that a home stands on, for the sentence. */
export interface ServiceCall {
  /** With its kind: `the queue https://…`, `the records bucket name`. */
  readonly target: string;
  /** The right that the call needs, by AWS's name: `sqs:SendMessage`. */
  readonly right: string;
}

/** Of an answer: throttled. https://docs.aws.amazon.com/general/latest/gr/api-retries.html, as the SDK knows them. */
const BUSY =
  /^(.*Throttl.*|TooManyRequests(Exception)?|RequestLimitExceeded|LimitExceededException|SlowDown|BandwidthLimitExceeded|RequestTimeout(Exception)?|PriorRequestNotComplete|OverLimit|ServiceUnavailable|InternalError|InternalFailure|InternalServiceError)$/;

/** Of an answer that does not know the call at all. */
const NOT_OFFERED = 501;

/** Without an answer: what Node and the SDK's handler call a broken way. */
const BROKEN =
  /^(TimeoutError|RequestTimeout|NetworkingError|ECONN[A-Z]+|EPIPE|E[A-Z]*TIMEDOUT|ENOTFOUND|EAI_[A-Z]+|E(HOST|NET)(UNREACH|DOWN)|EADDRNOTAVAIL|HPE_[A-Z_]+|ERR_STREAM_PREMATURE_CLOSE|ERR_(SSL|TLS)_[A-Z_]+)$/;

const NO_CREDENTIALS = /^(Credentials|Token)?ProviderError$/;
const DENIED =
  /AccessDenied|UnauthorizedOperation|NotAuthorized|InvalidClientTokenId|UnrecognizedClient|ExpiredToken|SignatureDoesNotMatch|KMS|Kms/;

/**
 * A call that failed, as `HomeUnavailable` (may pass) or `HomeRefused` (won't); a defect of ours
 * stays one. A `PieceworkError` passes as it is. Nothing of the service's message is repeated: some
 * of them repeat what they were sent.
 */
export function serviceError(error: unknown, { target, right }: ServiceCall): PieceworkError {
  if (error instanceof PieceworkError) return error;
  const failure = serviceFailure(error);
  const { name, status } = failure;
  const said = status === undefined ? name : `${name}, HTTP ${status}`;
  const details = { target, reason: name, ...(status === undefined ? {} : { serviceStatus: status }) };
  const make = (code: 'HomeUnavailable' | 'HomeRefused', sentence: string) =>
    new PieceworkError(code, `${target}: ${sentence}`, { cause: error, details });
  if (NO_CREDENTIALS.test(name))
    return make('HomeRefused', `no AWS credentials were found (${said}); give a profile or a role`);
  if (status === NOT_OFFERED) return make('HomeRefused', `not offered here (${said}); a stand-in for AWS may lack it`);
  if (isPassing(failure)) return make('HomeUnavailable', `not available (${said}); it may pass by itself`);
  if (status === undefined) return asPieceworkError(error);
  if (status === 403 || DENIED.test(name)) {
    return make(
      'HomeRefused',
      `access denied (${said}); the role needs ${right} on it, and the use of its key where it has one`,
    );
  }
  return make(
    'HomeRefused',
    `the call was refused (${said}); check that it exists, in this region, and needs no more than ${right}`,
  );
}

function isPassing({ name, status }: ServiceFailure): boolean {
  if (status === undefined) return BROKEN.test(name);
  return status >= 500 || status === 429 || status === 408 || BUSY.test(name);
}
