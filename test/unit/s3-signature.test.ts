import { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import { authorization, signingKey } from '../../lib/s3/direct/signature.ts';

// The SDK's own signer says what is right.

const CREDENTIALS = { accessKeyId: 'AKID', secretAccessKey: 'a/secret+of=40' };
const DATE = '20261130T031500Z';

test.each([
  { what: 'a part', method: 'PUT', query: { partNumber: '3', uploadId: 'an/id+of=it~', 'x-id': 'UploadPart' } },
  { what: 'a question', method: 'HEAD', query: {} },
])('$what is signed as the SDK signs it', async ({ method, query }) => {
  const headers = {
    host: 'data.s3.eu-central-7.amazonaws.com',
    'x-amz-date': DATE,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-security-token': 'a session',
    'content-type': 'text/plain',
    'cache-control': 'no-store',
    'user-agent': 'us',
    'x-amz-meta-spaced': ' two  words ',
  };
  const path = '/a%20folder/%C3%BC%2B%281%29';
  const signer = new SignatureV4({
    service: 's3',
    region: 'eu-central-7',
    credentials: { ...CREDENTIALS, sessionToken: 'a session' },
    sha256: new S3Client({ region: 'eu-central-7' }).config.sha256,
    uriEscapePath: false,
  });
  const theirs = await signer.sign(new HttpRequest({ method, path, query, headers: { ...headers } }), {
    signingDate: new Date('2026-11-30T03:15:00Z'),
  });
  const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const ours = authorization(
    { method, path, query: text.join('&'), headers },
    signingKey(CREDENTIALS, DATE.slice(0, 8), 'eu-central-7'),
  );
  expect(ours).toBe(theirs.headers['authorization']);
});
