import { expect, test } from 'vitest';
import { serviceFailure } from '../../lib/errors/foreign.ts';
import { codeOfFailure } from '../../lib/s3/failures.ts';

// Answers of a store are tested on a server (test/contract/s3-destination-errors.test.ts); these come from below it.

function thrown(name: string, code?: string): Error {
  return Object.assign(new Error('what it says does not matter'), { name, ...(code === undefined ? {} : { code }) });
}

test.for([
  ['ENOTFOUND', 'DestinationUnreachable'],
  ['EAI_AGAIN', 'DestinationUnreachable'],
  ['ECONNREFUSED', 'DestinationUnreachable'],
  ['ECONNRESET', 'DestinationUnreachable'],
  ['EPIPE', 'DestinationUnreachable'],
  ['ETIMEDOUT', 'DestinationUnreachable'],
  ['CERT_HAS_EXPIRED', 'DestinationTls'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'DestinationTls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'DestinationTls'],
  ['EPROTO', 'DestinationTls'],
] as const)('Node: %s is %s', ([code, expected]) => {
  expect(codeOfFailure(serviceFailure(thrown('Error', code)), 'UploadPart')).toBe(expected);
});

test.for([
  ['TimeoutError', 'DestinationUnreachable'],
  ['CredentialsProviderError', 'DestinationCredentials'],
  ['TokenProviderError', 'DestinationCredentials'],
] as const)('SDK: %s is %s', ([name, expected]) => {
  expect(codeOfFailure(serviceFailure(thrown(name)), 'HeadObject')).toBe(expected);
});

test("a mistake of our own is nobody else's failure", () => {
  expect(codeOfFailure(serviceFailure(new TypeError('x is undefined')), 'UploadPart')).toBeUndefined();
  expect(codeOfFailure(serviceFailure('a string'), 'UploadPart')).toBeUndefined();
});

test('names of the prototype are no names of errors', () => {
  const failure = serviceFailure(Object.assign(thrown('constructor'), { $metadata: { httpStatusCode: 400 } }));
  expect(codeOfFailure(failure, 'UploadPart')).toBe('DestinationRefused');
});

test('a 404 without a name is the upload where there is one, else the bucket', () => {
  const failure = serviceFailure(Object.assign(thrown('Unknown'), { $metadata: { httpStatusCode: 404 } }));
  expect([codeOfFailure(failure, 'ListParts'), codeOfFailure(failure, 'PutObject')]).toEqual([
    'UploadLost',
    'DestinationMissing',
  ]);
});

test('a 412 is an object that is there where one is written, another version where one is read', () => {
  const named = serviceFailure(Object.assign(thrown('PreconditionFailed'), { $metadata: { httpStatusCode: 412 } }));
  const unnamed = serviceFailure(Object.assign(thrown('Unknown'), { $metadata: { httpStatusCode: 412 } }));
  for (const failure of [named, unnamed]) {
    expect(codeOfFailure(failure, 'CompleteMultipartUpload')).toBe('DestinationExists');
    expect(codeOfFailure(failure, 'CopyObject')).toBe('DestinationExists');
    expect(codeOfFailure(failure, 'UploadPartCopy')).toBe('SourceChanged');
    expect(codeOfFailure(failure, 'HeadObject')).toBe('SourceChanged');
  }
});
