import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CopyUploads, Destination, StagedObject } from '../../lib/destinations/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { stagingOf } from '../../lib/pipeline/shared/upload-ref.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import { readAll, unwatched } from '../support/reading.ts';
import { at, errorOf, open, store } from '../support/s3-destination-bench.ts';
import { call, codeOf, objectSpec, whole } from './destination/bench.ts';

/** What CopyObject holds: both conditions, that on what is read, none. */
const STORES = {
  AWS: { conditionalCopy: true, pinsCopySource: true },
  pinning: { conditionalCopy: false, pinsCopySource: true },
  compatible: { conditionalCopy: false, pinsCopySource: false },
} as const;

/** An object that is put, and read as a staged one is. */
async function stage(destination: Destination, target: DestinationLocator, bytes: Uint8Array): Promise<StagedObject> {
  const object = objectSpec(target);
  await destination.putObject(object, bytes.length, whole(bytes), 'none', call());
  await using reader = await stagingOf(destination).read({ ...object, id: '' }, bytes.length, call());
  await readAll(reader);
  return reader.staged;
}

describe('copying onto the real key', () => {
  const PARTS = ['CreateMultipartUpload', 'UploadPartCopy', 'CompleteMultipartUpload'];
  test.for([
    ['AWS', 'none', ['CopyObject']],
    ['AWS', 'absent', ['CopyObject']],
    ['pinning', 'none', ['CopyObject']],
    ['pinning', 'absent', PARTS],
    ['compatible', 'none', PARTS.toSpliced(2, 0, 'HeadObject')],
    ['compatible', 'absent', PARTS.toSpliced(2, 0, 'HeadObject')],
  ] as const)('at a store like %s under the condition %s', async ([kind, condition, operations]) => {
    const double = await store();
    const destination = open(double, { store: STORES[kind] });
    const bytes = randomBytes(5000);
    const staged = await stage(destination, at(double, 'key.piecework-1 ü+%'), bytes);
    const before = double.log.length;
    const final = objectSpec(at(double, 'key'), { contentType: 'text/x', settings: { tags: { a: '1' } } });
    await stagingOf(destination).promote(staged, final, condition, unwatched, call());
    expect(double.log.slice(before).map(({ operation }) => operation)).toEqual(operations);
    expect(double.headersOf('bucket', 'key')).toMatchObject({
      'content-type': 'text/x',
      'x-amz-tagging': 'a=1',
      'x-amz-meta-piecework-token': final.token,
    });
    expect(await double.object('bucket', 'key')).toEqual(bytes);
    expect(double.openUploads()).toEqual([]);
    if (condition === 'absent')
      expect(await codeOf(stagingOf(destination).promote(staged, final, condition, unwatched, call()))).toBe(
        'DestinationExists',
      );
    expect(double.openUploads()).toEqual([]);
  });

  test('in parts says so before the upload is begun, and names it before anything is in it', async () => {
    const double = await store();
    const destination = open(double, { store: STORES.pinning });
    const staged = await stage(destination, at(double, 'staged'), randomBytes(10));
    const before = double.log.length;
    const done = () => double.log.slice(before).map(({ operation }) => operation);
    const seen: unknown[] = [];
    const uploads = {
      begins: async () => void seen.push(done()),
      began: async (id: string) =>
        void seen.push(
          done(),
          [id],
          double.openUploads().map((open) => open.id),
        ),
    };
    await stagingOf(destination).promote(staged, objectSpec(at(double, 'key')), 'absent', uploads, call());
    const [, , name] = seen;
    expect(seen).toEqual([[], ['CreateMultipartUpload'], name, name]);
  });

  test('in parts ends, with its upload, when that can not be recorded', async () => {
    const double = await store();
    const destination = open(double, { store: STORES.pinning });
    const staged = await stage(destination, at(double, 'staged'), randomBytes(10));
    const refuse = async () => {
      throw new PieceworkError('Conflict', 'another worker goes on');
    };
    const promote = (uploads: CopyUploads) =>
      stagingOf(destination).promote(staged, objectSpec(at(double, 'key')), 'absent', uploads, call());
    expect(await codeOf(promote({ ...unwatched, begins: refuse }))).toBe('Conflict');
    expect(double.log.some(({ operation }) => operation === 'CreateMultipartUpload')).toBe(false);
    expect(await codeOf(promote({ ...unwatched, began: refuse }))).toBe('Conflict');
    expect(double.openUploads()).toEqual([]);
    expect(await double.object('bucket', 'key')).toBeUndefined();
  });

  test.for([
    ['AWS', 'none', {}],
    ['AWS', 'absent', {}],
    ['pinning', 'absent', {}],
    ['compatible', 'none', { conditions: 'ignored' }],
  ] as const)(
    'of what stands there in place of what was read is refused: at a store like %s under the condition %s',
    async ([kind, condition, options]) => {
      const double = await store(options);
      const destination = open(double, { store: STORES[kind] });
      const staged = await stage(destination, at(double, 'staged'), randomBytes(10));
      await stage(destination, at(double, 'staged'), randomBytes(10));
      const final = objectSpec(at(double, 'key'));
      const error = await errorOf(stagingOf(destination).promote(staged, final, condition, unwatched, call()));
      expect(error.code).toBe('StagedObjectChanged');
      expect(error.message).toMatch(/s3:\/\/bucket\/staged at .*another program wrote over.*nothing was published/);
      expect(await double.object('bucket', 'key')).toBeUndefined();
      expect(double.openUploads()).toEqual([]);
    },
  );

  test.each(['AWS', 'compatible'] as const)(
    'of a version that is no longer the latest: at a store like %s',
    async (kind) => {
      const double = await store({ versions: true });
      const destination = open(double, { store: STORES[kind] });
      const good = randomBytes(10);
      const staged = await stage(destination, at(double, 'staged'), good);
      await stage(destination, at(double, 'staged'), randomBytes(10));
      await stagingOf(destination).promote(staged, objectSpec(at(double, 'key')), 'absent', unwatched, call());
      expect(await double.object('bucket', 'key')).toEqual(good);
    },
  );

  test('without the right to read by version goes by the ETag alone', async () => {
    const double = await store({ versions: true });
    const destination = open(double, { store: STORES.AWS });
    const good = randomBytes(10);
    const staged = await stage(destination, at(double, 'staged'), good);
    const denied = { kind: 'answer', status: 403, code: 'AccessDenied' } as const;
    const promote = () =>
      stagingOf(destination).promote(staged, objectSpec(at(double, 'key')), 'none', unwatched, call());
    double.fail({ operation: 'CopyObject', what: denied });
    await promote();
    expect(await double.object('bucket', 'key')).toEqual(good);
    await stage(destination, at(double, 'staged'), randomBytes(10));
    double.fail({ operation: 'CopyObject', what: denied });
    expect(await codeOf(promote())).toBe('StagedObjectChanged');
    expect(await double.object('bucket', 'key')).toEqual(good);
  });

  test('of a key with an object is told from a staged object that changed, though both are a 412', async () => {
    const double = await store();
    const destination = open(double, { store: STORES.AWS });
    const staged = await stage(destination, at(double, 'staged'), randomBytes(10));
    await stage(destination, at(double, 'key'), randomBytes(10));
    const promote = () =>
      codeOf(stagingOf(destination).promote(staged, objectSpec(at(double, 'key')), 'absent', unwatched, call()));
    expect(await promote()).toBe('DestinationExists');
    await stage(destination, at(double, 'staged'), randomBytes(10));
    expect(await promote()).toBe('StagedObjectChanged');
  });

  test('of an empty object', async () => {
    const double = await store();
    const destination = open(double);
    const staged = await stage(destination, at(double, 'staged'), Buffer.of());
    await stagingOf(destination).promote(staged, objectSpec(at(double, 'key')), 'absent', unwatched, call());
    expect(await double.object('bucket', 'key')).toEqual(Buffer.of());
  });
});
