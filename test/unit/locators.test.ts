import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stagingOf } from '../../lib/destinations/s3/locator.ts';
import { localKinds } from '../../lib/local/destinations/kinds.ts';
import { localDestinations } from '../../lib/local/destinations/local-destinations.ts';
import type { S3Locator } from '../../lib/s3/client.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';

const { identity, describe: descriptionOf } = localDestinations(localKinds({}));

const OBJECT: S3Locator = { kind: 's3', bucket: 'bucket', key: 'a/key' };
const FILE: DestinationLocator = { kind: 'file', path: '/srv/a/key' };
const STDOUT: DestinationLocator = { kind: 'stdout' };

const text = fc.string({ maxLength: 3 });
const place: fc.Arbitrary<DestinationLocator> = fc.oneof(
  fc.record({ kind: fc.constant('s3' as const), bucket: text, key: text }),
  fc.record({ kind: fc.constant('s3' as const), endpoint: text, bucket: text, key: text }),
  fc.record({ kind: fc.constant('file' as const), path: text.map((name) => `/${name}`) }),
  fc.constant(STDOUT),
);

/** What makes two places different: no endpoint is AWS, and so is an empty one. */
function parts(to: DestinationLocator): readonly unknown[] {
  const { kind, endpoint = '', bucket, key, path } = to;
  if (kind === 's3') return [kind, endpoint, bucket, key];
  return kind === 'file' ? [kind, path] : [kind];
}

describe('the id of a destination', () => {
  it('is the same for the same place, and for no other', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const isSame =
          parts(one).length === parts(other).length && parts(one).every((part, at) => part === parts(other)[at]);
        expect(identity(one) === identity(other)).toBe(isSame);
      }),
    );
  });

  // Locks, and the last transfer to a place, lie under it on machines that have an older version.
  it.each([
    [OBJECT, '["s3","","bucket","a/key"]'],
    [{ ...OBJECT, endpoint: 'https://store.example' }, '["s3","https://store.example","bucket","a/key"]'],
    [FILE, '["file","/srv/a/key"]'],
    [STDOUT, '["stdout"]'],
  ])('of %o is %s, and stays so', (to, id) => {
    expect(identity(to)).toBe(id);
  });

  it('goes by the store, the bucket and the key, not by how the store is asked', () => {
    const asked = { ...OBJECT, region: 'eu-west-1', pathStyle: true };
    expect(identity(asked)).toBe(identity(OBJECT));
    expect(identity({ ...OBJECT, endpoint: 'https://store.example' })).not.toBe(identity(OBJECT));
  });
});

it.each([
  [OBJECT, 's3://bucket/a/key'],
  [FILE, '/srv/a/key'],
  [STDOUT, 'stdout'],
])('%o reads %s', (to, says) => {
  expect(descriptionOf(to)).toBe(says);
});

it('an object in a store waits for its proof beside its key', () => {
  expect(stagingOf(OBJECT, '01TRANSFER')).toEqual({ ...OBJECT, key: 'a/key.piecework-01TRANSFER' });
});
