import { describe, expect, it } from 'vitest';
import { leftAsItIs, requestNow, whyStartAnew } from '../../lib/local/copy/changed-request.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { newRecord } from '../../lib/transfer/record/record.ts';
import type { TransferRequest } from '../../lib/transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';

const MD5 = 'a'.repeat(32);
const SHA256 = 'b'.repeat(64);
const SOURCE = { url: 'https://host.test/a' };
const IN_PLACE = { proof: { kind: 'upload', read: unread } } as const;
const STORE = {
  proof: { kind: 'staging', locate: (to: DestinationLocator) => to, read: unread, promote: unread, delete: unread },
} as const;

function unread(): never {
  throw new Error('nothing is read here');
}

const BEFORE: TransferRequest = {
  source: { ...SOURCE, withheld: false },
  destination: { kind: 's3', bucket: 'bucket', key: 'a' },
  object: { tags: { team: 'data' } },
  options: { ...DEFAULT_OPTIONS, pieceSizeBytes: 8, expect: { sizeBytes: 24, digests: { md5: MD5 } } },
};

function record(upload: TransferRecord['upload'], request = BEFORE): TransferRecord {
  const plan = { mode: 'pieces', sizeBytes: 24, pieceSizeBytes: 8, pieceCount: 3 } as const;
  return { ...newRecord('T', 'local', request, 0), rev: 1, writeId: 'w', plan, ...(upload && { upload }) };
}

describe('what is asked of a transfer that is gone on with', () => {
  it('is what was asked before, where nothing is said', () => {
    expect(requestNow(BEFORE, { source: SOURCE })).toEqual(BEFORE);
    expect(requestNow(BEFORE, { source: SOURCE, object: {}, options: { expect: { digests: {} } } })).toEqual(BEFORE);
  });

  it('is what is said now, and no expectation is lost by that', () => {
    const expectNow = { contentType: 'image/*', digests: { sha256: SHA256 } };
    const now = requestNow(BEFORE, { source: SOURCE, options: { ifExists: 'fail', expect: expectNow } });
    expect(now.options).toEqual({
      ...BEFORE.options,
      ifExists: 'fail',
      expect: { sizeBytes: 24, contentType: 'image/*', digests: { md5: MD5, sha256: SHA256 } },
    });
  });
});

describe('what is there can', () => {
  const object = { ...BEFORE, options: DEFAULT_OPTIONS };
  const withDigest = requestNow(object, { source: SOURCE, options: { expect: { digests: { sha256: SHA256 } } } });
  const open = { id: 'u', token: 't' };

  it('serve what was asked before', () => {
    expect(whyStartAnew(record(open, object), object, STORE)).toBeUndefined();
  });

  it.each([
    ['under its own key already', open, STORE, 'its sha256 is to be proved'],
    ['under a staging key', { ...open, staged: true }, STORE, undefined],
    ['read back from where it lies', open, IN_PLACE, undefined],
    ['not begun', undefined, STORE, undefined],
  ])('be proved by a digest that is new, unless it lies under its own key: %s', (_, upload, destination, because) => {
    const found = whyStartAnew(record(upload, object), withDigest, destination);
    if (because === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(because);
  });

  it('not become an object with other settings', () => {
    const same = requestNow(object, { source: SOURCE, object: { tags: { team: 'data' } } });
    const other = requestNow(object, { source: SOURCE, object: { tags: { team: 'web' } } });
    expect(whyStartAnew(record(open, object), same, STORE)).toBeUndefined();
    expect(whyStartAnew(record(open, object), other, STORE)).toBe('the object is to have another set of tags');
  });

  it('keep its pieces, whatever size is asked for, and that is said', () => {
    const asked = (pieceSizeBytes?: number) =>
      leftAsItIs(record(open), { source: SOURCE, options: { ...(pieceSizeBytes && { pieceSizeBytes }) } });
    expect(asked()).toBeUndefined();
    expect(asked(8)).toBeUndefined();
    expect(asked(16)).toContain('the pieces stay at 8 B');
  });
});
