import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RangeFields } from '../../lib/http/grammar/range-answer.ts';
import { rangeAnswerOf } from '../../lib/http/grammar/range-answer.ts';
import { codeOfStatus } from '../../lib/http/grammar/status.ts';
import type { RangeVerdict } from '../../lib/transfer/checks/range-check.ts';
import { checkRangeAnswer } from '../../lib/transfer/checks/range-check.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import type { ByteRange } from '../../lib/values/ranges.ts';
import type { Validator } from '../../lib/values/web/validator.ts';

const SIZE = 1000;
const ASKED = { start: 100, end: 200 };
const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';
const LATER = 'Fri, 02 Jan 2026 00:00:00 GMT';
const STRONG: Validator = { kind: 'strong', etag: '"a"' };
const WEAK: Validator = { kind: 'weak', etag: 'W/"a"' };
const DATED: Validator = { kind: 'date', lastModified: DATE };
const NONE: Validator = { kind: 'none' };

function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    sizeBytes: SIZE,
    ranges: true,
    validator: STRONG,
    contentType: 'text/plain',
    digests: {},
    warnings: [],
    ...changes,
  };
}

function partial(changes: Partial<RangeFields> = {}): RangeFields {
  return {
    status: 206,
    contentRange: 'bytes 100-199/1000',
    contentLength: '100',
    contentType: 'text/plain',
    validator: STRONG,
    ...changes,
  };
}

function without(key: keyof RangeFields, from: RangeFields = partial()): RangeFields {
  const { [key]: _, ...rest } = from;
  return rest as RangeFields;
}

function verdictOn(asked: ByteRange, of: Snapshot, answer: RangeFields, ifRange: boolean): RangeVerdict {
  return checkRangeAnswer(asked, of, rangeAnswerOf(answer), { sentIfRange: ifRange });
}

function codeFor(answer: RangeFields, { of = snapshot(), ifRange = true } = {}): string {
  const verdict = verdictOn(ASKED, of, answer, ifRange);
  return verdict.kind === 'refused' ? verdict.code : verdict.kind;
}

function becauseOf(answer: RangeFields, of = snapshot()): string {
  const verdict = verdictOn(ASKED, of, answer, false);
  return verdict.kind === 'refused' ? verdict.because : verdict.kind;
}

describe('a 206', () => {
  it('is accepted when all of it fits', () => {
    expect(codeFor(partial())).toBe('accepted');
    expect(codeFor(without('contentLength'))).toBe('accepted');
  });

  it.each([
    ['no Content-Range', without('contentRange'), 'RangeMismatch'],
    ['a Content-Range that is none', partial({ contentRange: 'bytes 100-199' }), 'RangeMismatch'],
    ['another start', partial({ contentRange: 'bytes 99-199/1000' }), 'RangeMismatch'],
    ['another end', partial({ contentRange: 'bytes 100-198/1000' }), 'RangeMismatch'],
    ['a range one on', partial({ contentRange: 'bytes 101-200/1000' }), 'RangeMismatch'],
    ['no total', partial({ contentRange: 'bytes 100-199/*' }), 'RangeMismatch'],
    ['another length', partial({ contentLength: '99' }), 'RangeMismatch'],
    ['a length that is no number', partial({ contentLength: 'many' }), 'RangeMismatch'],
    ['another total', partial({ contentRange: 'bytes 100-199/1001' }), 'SourceChanged'],
    ['several parts', partial({ contentType: 'multipart/byteranges; boundary=x' }), 'RangesNotHonoured'],
    ['another coding', partial({ contentEncoding: 'gzip' }), 'BodyEncoded'],
    ['another ETag', partial({ validator: { kind: 'strong', etag: '"b"' } }), 'SourceChanged'],
    ['the ETag turned weak', partial({ validator: { kind: 'weak', etag: 'W/"a"' } }), 'SourceChanged'],
  ] as const)('with %s is %3$s', (_what, answer, code) => {
    expect(codeFor(answer)).toBe(code);
    expect(codeFor(answer, { ifRange: false })).toBe(code);
  });

  it('without a validator is believed only when If-Range vouches for the version', () => {
    for (const was of [STRONG, DATED]) {
      const of = snapshot({ validator: was });
      expect(codeFor(partial({ validator: NONE }), { of, ifRange: true })).toBe('accepted');
      expect(codeFor(partial({ validator: NONE }), { of, ifRange: false })).toBe('SourceChanged');
    }
  });

  it('compares the validator that the snapshot has', () => {
    const dated = snapshot({ validator: DATED });
    expect(codeFor(partial({ validator: DATED }), { of: dated })).toBe('accepted');
    expect(codeFor(partial({ validator: { ...STRONG, lastModified: DATE } }), { of: dated })).toBe('accepted');
    expect(codeFor(partial({ validator: { ...DATED, lastModified: LATER } }), { of: dated })).toBe('SourceChanged');
    const weak = snapshot({ validator: WEAK });
    expect(codeFor(partial({ validator: WEAK }), { of: weak, ifRange: false })).toBe('accepted');
    expect(codeFor(partial({ validator: { kind: 'weak', etag: 'W/"b"' } }), { of: weak, ifRange: false })).toBe(
      'SourceChanged',
    );
  });

  it('goes by the type where there is no validator, and ignores its parameters', () => {
    const of = snapshot({ validator: NONE });
    const typed = (contentType: string): RangeFields => partial({ validator: NONE, contentType });
    expect(codeFor(typed(' text/plain ; charset=utf-8'), { of, ifRange: false })).toBe('accepted');
    expect(codeFor(typed('Text/Plain; charset=utf-8'), { of, ifRange: false })).toBe('accepted');
    expect(codeFor(typed('text/html'), { of, ifRange: false })).toBe('SourceChanged');
  });

  it('is held against a total only where the size is known', () => {
    const { sizeBytes: _, ...of } = snapshot();
    for (const total of ['1000', '7000', '*'])
      expect(codeFor(partial({ contentRange: `bytes 100-199/${total}` }), { of })).toBe('accepted');
  });

  it('is quoted in part where it is endless', () => {
    const endless = 'x'.repeat(5000);
    for (const answer of [partial({ contentRange: endless }), partial({ contentLength: endless })])
      expect(becauseOf(answer).length).toBeLessThan(200);
  });

  it('says what was before and what is now, also where nothing is stated', () => {
    const typed = snapshot({ validator: NONE });
    expect(becauseOf(without('contentType', partial({ validator: NONE })), typed)).toBe(
      'its type was text/plain and is unstated now',
    );
    const { contentType: _, ...untyped } = typed;
    expect(becauseOf(partial({ validator: NONE }), untyped)).toBe('its type was unstated and is text/plain now');
    const dated = snapshot({ validator: DATED });
    expect(becauseOf(partial({ validator: NONE }), dated)).toBe(`its Last-Modified was ${DATE} and is unstated now`);
    expect(becauseOf(partial({ validator: { kind: 'date', lastModified: LATER } }), dated)).toBe(
      `its Last-Modified was ${DATE} and is ${LATER} now`,
    );
  });

  it('has the coding that the snapshot had; identity is none', () => {
    const gzip = snapshot({ contentEncoding: 'gzip' });
    expect(codeFor(partial({ contentEncoding: ' GZIP ' }), { of: gzip })).toBe('accepted');
    expect(codeFor(partial(), { of: gzip })).toBe('BodyEncoded');
    expect(codeFor(partial({ contentEncoding: 'identity' }))).toBe('accepted');
  });
});

describe('a 200', () => {
  const whole: RangeFields = { status: 200, contentLength: '1000', contentType: 'text/plain', validator: STRONG };

  it('to If-Range, although nothing changed, is asked again plainly, once', () => {
    expect(codeFor(whole, { ifRange: true })).toBe('askPlainly');
    expect(codeFor(whole, { ifRange: false })).toBe('RangesNotHonoured');
  });

  it('of another version or size is a change', () => {
    for (const ifRange of [true, false]) {
      expect(codeFor({ ...whole, validator: { kind: 'strong', etag: '"b"' } }, { ifRange })).toBe('SourceChanged');
      expect(codeFor({ ...whole, contentLength: '999' }, { ifRange })).toBe('SourceChanged');
      expect(codeFor({ ...whole, validator: NONE }, { ifRange })).toBe('SourceChanged');
    }
  });

  it('is never the range where the range is only the begin or the end of the whole', () => {
    for (const part of [
      { start: 0, end: SIZE - 1 },
      { start: 1, end: SIZE },
    ])
      expect(verdictOn(part, snapshot(), whole, false)).toMatchObject({ code: 'RangesNotHonoured' });
  });

  it('with a page for people in place of the file says nothing of the file', () => {
    const page: RangeFields = { ...whole, contentType: 'text/html', contentLength: '17', validator: NONE };
    for (const ifRange of [true, false]) expect(codeFor(page, { ifRange })).toBe('UnexpectedType');
    expect(codeFor(page, { of: snapshot({ contentType: 'text/html' }), ifRange: false })).toBe('SourceChanged');
  });

  it('of a source whose size is not known is no change, whatever its length', () => {
    const { sizeBytes: _, ...of } = snapshot();
    expect(codeFor(whole, { of, ifRange: false })).toBe('RangesNotHonoured');
  });

  it('is the range where the range is the whole, and its length says so', () => {
    const all = { start: 0, end: SIZE };
    expect(verdictOn(all, snapshot(), whole, false)).toEqual({ kind: 'accepted' });
    expect(verdictOn(all, snapshot(), whole, true)).toEqual({ kind: 'accepted' });
    expect(verdictOn(all, snapshot(), without('contentLength', whole), false)).toMatchObject({
      code: 'RangesNotHonoured',
    });
  });
});

describe('another status', () => {
  it.each([
    [412, {}, 'SourceChanged'],
    [416, { contentRange: 'bytes */999' }, 'SourceChanged'],
    [416, { contentRange: 'bytes */1000' }, 'SourceRangeRefused'],
    [416, {}, 'SourceRangeRefused'],
    [401, {}, 'SourceUnauthorized'],
    [403, {}, 'SourceForbidden'],
    [404, {}, 'SourceNotFound'],
    [410, {}, 'SourceGone'],
    [429, {}, 'SourceBusy'],
    [503, {}, 'SourceBusy'],
    [500, {}, 'SourceServerError'],
  ] as const)('%i %j is %s', (status, changes, code) => {
    expect(codeFor({ status, validator: NONE, ...changes })).toBe(code);
  });

  it.each([
    [400, 'SourceBadRequest'],
    [405, 'SourceBadRequest'],
    [407, 'ProxyRefused'],
    [412, 'SourceChanged'],
    [416, 'SourceRangeRefused'],
    [408, 'SourceServerError'],
    [425, 'SourceServerError'],
    [502, 'SourceServerError'],
    [504, 'SourceServerError'],
  ] as const)('%i stands for %s', (status, code) => {
    expect(codeOfStatus(status)).toBe(code);
  });
});

describe('whatever the answer', () => {
  const validator: fc.Arbitrary<Validator> = fc.constantFrom<Validator>(STRONG, WEAK, DATED, NONE, {
    kind: 'strong',
    etag: '"b"',
  });
  const range = fc
    .tuple(fc.nat({ max: SIZE - 1 }), fc.integer({ min: 1, max: SIZE }))
    .map(([start, length]) => ({ start, end: Math.min(start + length, SIZE) }));
  const near = fc.constantFrom(-1, 0, 0, 0, 1);
  const answer = (asked: { start: number; end: number }): fc.Arbitrary<RangeFields> =>
    fc.record(
      {
        status: fc.constantFrom(200, 206, 206, 206, 304, 404, 416, 503),
        validator,
        contentRange: fc
          .tuple(near, near, near)
          .map(([a, b, c]) => `bytes ${asked.start + a}-${asked.end - 1 + b}/${SIZE + c}`),
        contentLength: near.map((more) => String(asked.end - asked.start + more)),
        contentType: fc.constantFrom('text/plain', 'text/html', 'multipart/byteranges'),
        contentEncoding: fc.constantFrom('identity', 'gzip'),
      },
      { requiredKeys: ['status', 'validator'] },
    );

  it('accepted means: exactly these bytes of exactly this version, as far as anything was said', () => {
    const cases = fc
      .tuple(range, validator, fc.boolean())
      .chain(([asked, was, ifRange]) =>
        fc.tuple(fc.constant(asked), fc.constant(was), fc.constant(ifRange), answer(asked)),
      );
    let accepted = 0;
    fc.assert(
      fc.property(cases, ([asked, was, ifRange, got]) => {
        const verdict = verdictOn(asked, snapshot({ validator: was }), got, ifRange);
        if (verdict.kind !== 'accepted') return;
        accepted += 1;
        const isWhole = asked.start === 0 && asked.end === SIZE;
        expect(got.status === 206 || (got.status === 200 && isWhole)).toBe(true);
        if (got.status === 206) {
          expect(got.contentRange).toBe(`bytes ${asked.start}-${asked.end - 1}/${SIZE}`);
        }
        expect([undefined, String(asked.end - asked.start)]).toContain(got.contentLength);
        expect(got.contentEncoding ?? 'identity').toBe('identity');
        const said = got.validator;
        if ('etag' in was && 'etag' in said) expect(said.etag).toBe(was.etag);
        if (was.kind !== 'none' && said.kind === 'none') expect(ifRange && got.status === 206).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
