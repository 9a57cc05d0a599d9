import { describe, expect, test } from 'vitest';
import { at, errorOf, open, store } from '../support/s3-destination-bench.ts';
import type { S3Request } from '../support/s3-double/http.ts';
import type { S3Double } from '../support/s3-double.ts';
import { errorOf as errorXml, says } from '../support/store-lies.ts';
import { call, objectSpec, whole } from './destination/bench.ts';

const BYTES = Buffer.from('bytes that are to arrive as they are');

function refuse(double: S3Double, operation: string, message: string, when: (request: S3Request) => boolean): void {
  const answer = says(400, errorXml('InvalidArgument', message));
  double.fail({ operation, times: Number.POSITIVE_INFINITY, when, what: { kind: 'lie', answer } });
}

const hasChecksum = ({ message }: S3Request): boolean => message.headers['x-amz-checksum-crc32'] !== undefined;

describe('a store that refuses checksums', () => {
  test('gets an object with its MD5, under the condition that was asked for, and the result and a warning say so', async () => {
    const double = await store();
    refuse(double, 'PutObject', 'Unsupported header', hasChecksum);
    const warnings: string[] = [];
    const destination = open(double, { warn: (sentence) => warnings.push(sentence) });
    const put = () => destination.putObject(objectSpec(at(double)), BYTES.length, whole(BYTES), 'absent', call());
    expect(await put()).toMatchObject({ checkedBy: 'md5' });
    expect((await double.object('bucket', 'folder/key.bin'))?.equals(BYTES)).toBe(true);
    expect(double.log.map(({ headers }) => headers['if-none-match'])).toEqual(['*', '*']);
    expect(warnings).toEqual([expect.stringMatching(/refuses CRC32 checksums.*"Unsupported header"/)]);
    // From now on it is asked without at once; and the condition holds as ever.
    expect(await errorOf(put())).toMatchObject({ code: 'DestinationExists' });
    expect(double.log).toHaveLength(3);
  });

  test('is not believed when its ETag is that of other bytes', async () => {
    const double = await store();
    refuse(double, 'PutObject', 'Unsupported header', hasChecksum);
    const etag = `"${'0'.repeat(32)}"`;
    double.fail({
      operation: 'PutObject',
      times: Number.POSITIVE_INFINITY,
      when: (request) => !hasChecksum(request),
      what: { kind: 'lie', answer: says(200, '', { etag }) },
    });
    const object = objectSpec(at(double));
    const putting = open(double).putObject(object, BYTES.length, whole(BYTES), 'none', call());
    expect(await errorOf(putting)).toMatchObject({ code: 'ChecksumMismatch' });
  });
});

describe('a name in any alphabet', () => {
  test.each([
    ['attachment; filename="größe.txt"', `attachment; filename="gr__e.txt"; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt`],
    [`inline; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt`, `inline; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt`],
    [
      `attachment; filename="ä.txt"; filename*=UTF-8''%E2%82%AC.txt`,
      `attachment; filename="_.txt"; filename*=UTF-8''%E2%82%AC.txt`,
    ],
    [
      'attachment; filename="ä\\"b (1)\'.txt"',
      `attachment; filename="__b (1)'.txt"; filename*=UTF-8''%C3%A4%22b%20%281%29%27.txt`,
    ],
    ['what is no disposition: ä', 'what is no disposition: %C3%A4'],
  ])('%s is stored so that a download has it', async (contentDisposition, stored) => {
    const double = await store();
    await open(double).createUpload(objectSpec(at(double), { contentDisposition }), call());
    expect(double.log[0]?.headers['content-disposition']).toBe(stored);
  });
});

describe('the words of a store', () => {
  const saying = async (message: string, secretAccessKey = 'double-secret'): Promise<string> => {
    const double = await store();
    const answer = says(400, errorXml('EntityTooLarge', message));
    double.fail({ operation: 'CreateMultipartUpload', what: { kind: 'lie', answer } });
    const destination = open(double, { credentials: { accessKeyId: 'double', secretAccessKey } });
    return (await errorOf(destination.createUpload(objectSpec(at(double)), call()))).message;
  };

  test('stand in the error', async () => {
    expect(await saying('Your proposed upload exceeds 5 rooms of x-amz-checksum-crc32.')).toContain(
      'the store says: "Your proposed upload exceeds 5 rooms of x-amz-checksum-crc32."',
    );
  });

  test('are those of a sentence: no key, no token, no signature, no address, nothing that is cut', async () => {
    const message = 'The key AKIAIOSFODNN7EXAMPLE, c2VjcmV0 or a/b+c= of http://u:p@host/x?y=z is not valid';
    const shown = await saying(`${message} ${'word '.repeat(60)}`);
    expect(shown).toContain('the store says: "The key … or … of … is not valid');
    for (const secret of ['AKIA', 'c2V', 'b+c', 'host/x', 'u:p']) expect(shown).not.toContain(secret);
    expect(shown).toMatch(/ …"$/);
  });

  test('are left out where they repeat our secret, be it a plain word', async () => {
    expect(await saying('You sent hunter', 'hunter')).not.toContain('the store says');
  });
});

test('a clock that is far off is named', async () => {
  const double = await store();
  const answer = says(403, errorXml('RequestTimeTooSkewed'), { date: 'Thu, 01 Jan 2026 02:00:00 GMT' });
  double.fail({ operation: 'CreateMultipartUpload', what: { kind: 'lie', answer } });
  const error = await errorOf(open(double).createUpload(objectSpec(at(double)), call()));
  expect(error).toMatchObject({
    code: 'DestinationCredentials',
    message: expect.stringContaining("clock is 120 minutes behind the store's"),
  });
});

describe('a store that lists no parts', () => {
  const lacking = async (): Promise<S3Double> => {
    const double = await store();
    const answer = says(501, errorXml('NotImplemented', 'Not implemented'));
    double.fail({ operation: 'ListParts', times: Number.POSITIVE_INFINITY, what: { kind: 'lie', answer } });
    return double;
  };

  test('has what this process put there, and nothing once it is aborted', async () => {
    const double = await lacking();
    const destination = open(double);
    const upload = await destination.createUpload(objectSpec(at(double)), call());
    const part = { number: 1, sizeBytes: BYTES.length, offset: 0 };
    await destination.uploadPart(upload, part, whole(BYTES), call());
    expect(await destination.listParts(upload, 0, call())).toMatchObject({
      parts: [{ number: 1, sizeBytes: BYTES.length, crc32: expect.any(Number), etag: expect.any(String) }],
    });
    expect(await destination.listParts(upload, 1, call())).toEqual({ parts: [] });
    await destination.abortUpload(upload, call());
    expect(await destination.listParts(upload, 0, call())).toBe('gone');
    expect(double.log.filter(({ operation }) => operation === 'ListParts')).toHaveLength(1);
  });

  test('can’t be asked for the upload of another process', async () => {
    const double = await lacking();
    const upload = await open(double).createUpload(objectSpec(at(double)), call());
    const error = await errorOf(open(double).listParts(upload, 0, call()));
    expect(error).toMatchObject({ code: 'DestinationUnsupported', message: expect.stringContaining('start the copy') });
  });
});
