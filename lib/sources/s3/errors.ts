import type { ErrorCode } from '../../errors/codes.ts';
import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import type { ServiceFailure } from '../../errors/foreign.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import { askedWaitMs } from '../../http/grammar/asked-wait.ts';
import { tlsFault } from '../../net/errors/tls-faults.ts';
import { codeOfFailure } from '../../s3/failures.ts';
import { clockFault } from '../../s3/skew.ts';
import type { S3Target } from './url.ts';

interface Finding {
  readonly code: ErrorCode;
  readonly sentence: string;
}

export function s3SourceError(code: ErrorCode, { shown }: S3Target, sentence: string, cause?: unknown): PieceworkError {
  return new PieceworkError(code, `${shown}: ${sentence}`, { cause, details: { target: shown } });
}

/** A read that failed, in the words of a source. */
export function readError(
  thrown: unknown,
  target: S3Target,
  now: number,
  words: string | undefined = undefined,
): PieceworkError {
  if (thrown instanceof PieceworkError) return thrown;
  const failure = serviceFailure(thrown);
  const found = find(failure, target);
  if (found === undefined) return asPieceworkError(thrown);
  const { $response } = Object(thrown) as { $response?: { headers?: Record<string, string | undefined> } };
  const retryAfterMs = askedWaitMs(failure.status ?? 0, $response?.headers ?? {}, now);
  const clock = UNSURE.has(found.code) ? clockFault(thrown, now) : undefined;
  const sentence = clock === undefined ? found.sentence : `${clock}: ${found.sentence}`;
  const said = words === undefined ? '' : `; the store says: "${words}"`;
  return new PieceworkError(found.code, `${target.shown}: ${sentence}${said}`, {
    cause: thrown,
    details: {
      target: target.shown,
      storeError: failure.name,
      ...(failure.status === undefined ? {} : { sourceStatus: failure.status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  });
}

/** What a store says where the time of a request is wrong, with its name for that or without. */
const UNSURE: ReadonlySet<ErrorCode> = new Set(['SourceForbidden', 'SourceUnauthorized', 'SourceBadRequest']);

function find(failure: ServiceFailure, { object }: S3Target): Finding | undefined {
  const { name, status } = failure;
  const said = status === undefined ? name : `${name}, HTTP ${status}`;
  if (name === 'NoSuchVersion')
    return { code: 'SourceNotFound', sentence: `there is no such version of the object (${said})` };
  if (name === 'InvalidObjectState') {
    return { code: 'SourceForbidden', sentence: `the object is archived (${said}); restore it first` };
  }
  if (name.startsWith('HPE_'))
    return {
      code: 'SourceMalformed',
      sentence: `the store's answer is not HTTP/1.1, or its head is too large (${said})`,
    };
  if (status !== undefined && status < 300)
    return { code: 'SourceMalformed', sentence: `the store's answer can't be read (${said})` };
  if (name === 'InvalidRange') return { code: 'SourceRangeRefused', sentence: `the store refuses the range (${said})` };
  switch (codeOfFailure(failure, 'GetObject')) {
    case undefined:
      return undefined;
    case 'DestinationMissing':
      return name === 'NoSuchBucket'
        ? { code: 'SourceNotFound', sentence: `the bucket "${object.bucket}" does not exist (${said})` }
        : { code: 'SourceNotFound', sentence: `there is no such object (${said})` };
    case 'DestinationDenied':
      return {
        code: 'SourceForbidden',
        sentence: `access denied (${said}); the credentials need s3:GetObject on arn:aws:s3:::${object.bucket}/${object.key}`,
      };
    case 'DestinationCredentials':
      return {
        code: 'SourceUnauthorized',
        sentence: `there are no credentials for the source, or they are wrong or expired (${said}); give a profile or a key for it`,
      };
    case 'DestinationWrongRegion':
      return {
        code: 'SourceBadRequest',
        sentence: `the bucket is in another region or behind another endpoint (${said}); give its region`,
      };
    case 'SourceChanged':
      return { code: 'SourceChanged', sentence: `the version that was planned is no longer there (${said})` };
    case 'DestinationBusy':
      return { code: 'SourceBusy', sentence: `the store asks for patience (${said})` };
    case 'DestinationServerError':
    case 'DestinationConflict':
      return { code: 'SourceServerError', sentence: `the store failed (${said})` };
    case 'DestinationTls': {
      const { fault, remedy } = tlsFault(name) ?? { fault: 'the TLS handshake failed', remedy: 'check the endpoint' };
      return { code: 'SourceTls', sentence: `no secure connection: ${fault} (${said}); ${remedy}` };
    }
    case 'DestinationUnreachable':
      return {
        code: unreached(name),
        sentence: `the store was not reached (${said}); check endpoint, network and firewall`,
      };
    default:
      return { code: 'SourceBadRequest', sentence: `the store refuses to give it (${said})` };
  }
}

function unreached(name: string): ErrorCode {
  if (name === 'ENOTFOUND' || name.startsWith('EAI_')) return 'SourceNotResolved';
  if (name === 'TimeoutError' || name === 'ETIMEDOUT' || name === 'ESOCKETTIMEDOUT') return 'SourceTimeout';
  return name === 'ECONNREFUSED' ? 'SourceRefused' : 'SourceReset';
}
