import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { ObjectSpec } from '../../lib/destinations/destination.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import { BAD_SETTINGS } from '../support/bad-settings.ts';
import { createAuthority } from '../support/certificates.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { at, begin, cleanups, errorOf, open, store } from '../support/s3-destination-bench.ts';
import { startS3Double } from '../support/s3-double.ts';
import { call, codeOf, objectSpec, proofOf, sendPart, whole } from './destination/bench.ts';

describe('errors', () => {
  const table: readonly [status: number, name: string, code: ErrorCode, says: RegExp][] = [
    [404, 'NoSuchBucket', 'DestinationMissing', /bucket "bucket" does not exist/],
    [403, 'AccessDenied', 'DestinationDenied', /s3:PutObject on arn:aws:s3:::bucket\/folder\/key\.bin, with tags also/],
    [403, 'InvalidAccessKeyId', 'DestinationCredentials', /access key/],
    [403, 'SignatureDoesNotMatch', 'DestinationCredentials', /secret key/],
    [400, 'ExpiredToken', 'DestinationCredentials', /expired/],
    [403, 'RequestTimeTooSkewed', 'DestinationCredentials', /clock/],
    [400, 'KMS.DisabledException', 'DestinationDenied', /KMS key/],
    [400, 'KMS.NotFoundException', 'DestinationDenied', /KMS key/],
    [400, 'InvalidStorageClass', 'DestinationUnsupported', /leave out the setting/],
    [501, 'NotImplemented', 'DestinationUnsupported', /leave out the setting/],
    [503, 'SlowDown', 'DestinationBusy', /patience/],
    [429, 'Unheard', 'DestinationBusy', /patience/],
    [503, 'ServiceUnavailable', 'DestinationBusy', /patience/],
    [500, 'InternalError', 'DestinationServerError', /failed at CreateMultipartUpload/],
    [502, 'BadGateway', 'DestinationServerError', /HTTP 502/],
    [409, 'OperationAborted', 'DestinationConflict', /another writer/],
    [507, 'XMinioStorageFull', 'DestinationFull', /full/],
    [400, 'EntityTooLarge', 'DestinationRefused', /larger than the store allows/],
    [400, 'KeyTooLongError', 'DestinationRefused', /1,024 bytes/],
    [400, 'NobodyKnows', 'DestinationRefused', /NobodyKnows, HTTP 400/],
    [403, 'NobodyKnows', 'DestinationDenied', /s3:PutObject/],
  ];
  test.for(table)('%i %s is %s', async ([status, name, code, says]) => {
    const double = await store();
    // What may be about something optional is asked once more without.
    double.fail({ operation: 'CreateMultipartUpload', times: 2, what: { kind: 'answer', status, code: name } });
    const error = await errorOf(open(double).createUpload(objectSpec(at(double)), call()));
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(says),
      details: { destinationStatus: status, storeError: name },
    });
    expect(error.message).toContain(`s3://bucket/folder/key.bin at ${new URL(double.endpoint).host}`);
    expect(JSON.stringify([error.message, error.details])).not.toContain(double.credentials.secretAccessKey);
  });

  const completions: readonly [status: number, name: string, code: ErrorCode][] = [
    [412, 'PreconditionFailed', 'DestinationExists'],
    [409, 'ConditionalRequestConflict', 'DestinationConflict'],
    [404, 'NoSuchUpload', 'UploadLost'],
    [400, 'BadDigest', 'ChecksumMismatch'],
    [400, 'XAmzContentChecksumMismatch', 'ChecksumMismatch'],
    [400, 'EntityTooSmall', 'DestinationRefused'],
    [400, 'InvalidPart', 'DestinationRefused'],
    [400, 'InvalidPartOrder', 'DestinationRefused'],
    [403, 'AccessDenied', 'DestinationDenied'],
  ];
  test.for(completions)('Complete: %i %s is %s', async ([status, name, code]) => {
    const double = await store();
    const destination = open(double);
    const { all, bytes, object, upload } = await begin(double, destination);
    for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
    const proof = await proofOf(destination, upload, object, bytes);
    double.fail({ operation: 'CompleteMultipartUpload', what: { kind: 'answer', status, code: name } });
    expect(await codeOf(destination.completeUpload(upload, proof, call()))).toBe(code);
  });

  test('HEAD, which has no words: 403 names both rights, 404 is nothing there', async () => {
    const double = await store();
    double.fail({ operation: 'HeadObject', what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    const error = await errorOf(open(double).head(at(double), call()));
    expect(error).toMatchObject({
      code: 'DestinationDenied',
      message: expect.stringMatching(/s3:GetObject .* s3:ListBucket/),
    });
  });

  test('an answer that is not S3 at all', async () => {
    const server = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Hello<br></title>');
    });
    const endpoint = `http://127.0.0.1:${await listenOnLoopback(server)}`;
    const destination = s3Destination({
      endpoint,
      region: 'r',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const target: DestinationLocator = { kind: 's3', bucket: 'bucket', key: 'k', endpoint };
    for (const asked of [
      destination.createUpload(objectSpec(target), call()),
      destination.listParts({ target, id: 'x', token: 't' }, 0, call()),
    ]) {
      const error = await errorOf(asked);
      expect(error).toMatchObject({ code: 'DestinationRefused', message: expect.stringMatching(/not one of S3/) });
    }
    await destination[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
    await new Promise((resolve) => server.once('close', resolve));
  });

  test('a port where nobody listens, and one that speaks no TLS', async () => {
    const double = await store();
    const { host } = new URL(double.endpoint);
    const tls = s3Destination({ endpoint: `https://${host}`, region: 'us-east-1', credentials: double.credentials });
    const target = { kind: 's3', bucket: 'bucket', key: 'k', endpoint: `https://${host}` } as const;
    expect(await codeOf(tls.createUpload(objectSpec(target), call()))).toBe('DestinationTls');
    await tls[Symbol.asyncDispose]();
    const destination = open(double);
    await cleanups.shift()?.();
    const error = await errorOf(destination.createUpload(objectSpec(at(double)), call()));
    expect(error).toMatchObject({ code: 'DestinationUnreachable', message: expect.stringMatching(/ECONNREFUSED/) });
  });

  test("a certificate of a CA of one's own: refused without it, accepted with it", async () => {
    const authority = createAuthority();
    const double = await startS3Double({}, authority.issue());
    cleanups.push(async () => double[Symbol.asyncDispose]());
    double.makeBucket('bucket');
    const folder = await mkdtemp(join(tmpdir(), 'piecework-ca-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, authority.cert);
    const object = objectSpec(at(double));
    expect(await codeOf(open(double).createUpload(object, call()))).toBe('DestinationTls');
    expect(await codeOf(open(double, { caFile }).createUpload(object, call()))).toBe('no error');
    const junk = join(folder, 'junk.pem');
    await writeFile(junk, 'junk');
    for (const unusable of [join(folder, 'none.pem'), junk])
      expect(await codeOf(open(double, { caFile: unusable }).createUpload(object, call()))).toBe('InvalidOption');
  });

  test('a destination that was closed says so', async () => {
    const double = await store();
    const destination = open(double);
    await destination[Symbol.asyncDispose]();
    expect(await codeOf(destination.head(at(double), call()))).toBe('DestinationClosed');
  });
});

describe('credentials and region', () => {
  test('without credentials the error says what to do', async () => {
    const double = await store();
    const destination = s3Destination({ endpoint: double.endpoint, region: 'us-east-1' });
    const error = await errorOf(destination.createUpload(objectSpec(at(double)), call()));
    expect(error).toMatchObject({
      code: 'DestinationCredentials',
      message: expect.stringMatching(/AWS_ACCESS_KEY_ID/),
    });
    await destination[Symbol.asyncDispose]();
  });

  test('they come from the environment, or from the profile that was named', async () => {
    const double = await store();
    const folder = await mkdtemp(join(tmpdir(), 'piecework-aws-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'credentials');
    await writeFile(file, '[other]\naws_access_key_id = OTHER\naws_secret_access_key = secret\n');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
    const named = s3Destination({ endpoint: double.endpoint, region: 'us-east-1', profile: 'other' });
    await named.head(at(double), call());
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const plain = s3Destination({ endpoint: double.endpoint, region: 'us-east-1' });
    await plain.head(at(double), call());
    expect(double.log.map(({ accessKeyId }) => accessKeyId)).toEqual(['OTHER', 'ENVIRONMENT']);
    for (const destination of [named, plain]) await destination[Symbol.asyncDispose]();
  });

  test('a region that was given and is wrong: the error names the right one', async () => {
    const double = await store({ region: 'eu-central-1' });
    const destination = open(double, { region: 'us-west-2' });
    const error = await errorOf(destination.createUpload(objectSpec(at(double)), call()));
    expect(error).toMatchObject({
      code: 'DestinationWrongRegion',
      message: expect.stringMatching(/region eu-central-1/),
      details: { region: 'eu-central-1' },
    });
    expect(await codeOf(destination.check(objectSpec(at(double)), call()))).toBe('DestinationWrongRegion');
  });

  test('a region that nobody gave is asked of the bucket, once', async () => {
    const double = await store({ region: 'eu-central-1' });
    // As on AWS: no endpoint in locator and options.
    vi.stubEnv('AWS_ENDPOINT_URL_S3', double.endpoint);
    const destination = s3Destination({ credentials: double.credentials });
    const target: DestinationLocator = { kind: 's3', bucket: 'bucket', key: 'k', pathStyle: true };
    const found = await Promise.all([1, 2, 3].map(() => destination.head(target, call())));
    expect(found).toEqual([undefined, undefined, undefined]);
    expect(double.log.map(({ operation, status }) => [operation, status])).toEqual([
      ['HeadBucket', 301],
      ...Array(3).fill(['HeadObject', 404]),
    ]);
    await destination[Symbol.asyncDispose]();
  });
});

describe('check', () => {
  test('rights that writing does not need are not asked for', async () => {
    const double = await store();
    for (const operation of ['HeadBucket', 'ListMultipartUploads'])
      double.fail({ operation, what: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    await open(double).check(objectSpec(at(double)), call());
    expect(double.log.map(({ operation }) => operation)).toEqual(['HeadBucket', 'ListMultipartUploads']);
  });

  test.for([
    [403, 'InvalidAccessKeyId'],
    [403, 'SignatureDoesNotMatch'],
    [400, 'ExpiredToken'],
  ] as const)('a wordless %i is asked again, so that %s is found', async ([status, code]) => {
    const double = await store();
    for (const operation of ['HeadBucket', 'ListMultipartUploads'])
      double.fail({ operation, what: { kind: 'answer', status, code } });
    expect(await codeOf(open(double).check(objectSpec(at(double)), call()))).toBe('DestinationCredentials');
  });

  const metadata = (value: Record<string, string>) => ({ metadata: value });
  const bad: readonly (readonly [name: string, settings: ObjectSpec['settings'], code: ErrorCode])[] = [
    ['metadata in another alphabet', metadata({ name: 'ü' }), 'InvalidOption'],
    ['metadata with a name that is none', metadata({ 'a b': 'x' }), 'InvalidOption'],
    ['metadata under our own name', metadata({ 'Piecework-Token': 'x' }), 'InvalidOption'],
    ['too much metadata', metadata({ a: 'x'.repeat(1100) }), 'InvalidOption'],
    ['eleven tags', { tags: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`t${i}`, ''])) }, 'InvalidOption'],
    ['a tag without a name', { tags: { '': 'x' } }, 'InvalidOption'],
    ...BAD_SETTINGS.map(([name, settings]) => [name, settings, 'InvalidOption'] as const),
    ['an ACL at a store without', { acl: 'private' }, 'DestinationUnsupported'],
    ['a KMS key at a store without', { encryption: { kind: 'kms' } }, 'DestinationUnsupported'],
  ];
  test.for(bad)('refuses %s, before anything is sent', async ([, settings, code]) => {
    const double = await store();
    const unknownSettings = code === 'InvalidOption' ? [] : (['acl', 'kms'] as const);
    const destination = open(double, { store: { unknownSettings } });
    const object = objectSpec(at(double), { settings });
    expect(await codeOf(destination.check(object, call()))).toBe(code);
    expect(await codeOf(destination.createUpload(object, call()))).toBe(code);
    expect(await codeOf(destination.putObject(object, 1, whole(Buffer.of(1)), 'none', call()))).toBe(code);
    expect(double.log).toEqual([]);
  });

  test('an object larger than the store holds', async () => {
    const double = await store();
    const destination = open(double);
    const object = objectSpec(at(double), { sizeBytes: destination.limits.maxObjectBytes + 1 });
    expect(await codeOf(destination.check(object, call()))).toBe('DestinationTooSmall');
  });

  test('a store without conditional writes refuses the condition and sends nothing', async () => {
    const double = await store();
    const destination = open(double);
    const without = open(double, { store: { features: { ...destination.features, conditionalWrite: false } } });
    const object = objectSpec(at(double));
    expect(await codeOf(without.putObject(object, 1, whole(Buffer.of(1)), 'absent', call()))).toBe(
      'DestinationUnsupported',
    );
    expect(double.log).toEqual([]);
  });
});

describe('what is known of stores', () => {
  test.for([
    [undefined, 10_000, 'AWS'],
    ['https://s3.eu-west-1.amazonaws.com', 10_000, 'AWS'],
    ['https://s3.fr-par.scw.cloud', 1000, 'Scaleway'],
    ['https://abc.r2.cloudflarestorage.com', 10_000, 'R2'],
    ['http://127.0.0.1:9000', 10_000, 'any other'],
    ['https://scw.cloud.example.org', 10_000, 'any other'],
  ] as const)('%s takes %i parts (%s)', async ([endpoint, maxPieces]) => {
    const destination = s3Destination(endpoint === undefined ? {} : { endpoint });
    expect(destination.limits.maxPieces).toBe(maxPieces);
    expect(destination.features).toMatchObject({ ordered: false, token: true });
    expect(destination.proof.kind).toBe('staging');
    await destination[Symbol.asyncDispose]();
  });
});
