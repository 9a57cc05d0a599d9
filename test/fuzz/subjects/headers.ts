import fc from 'fast-check';
import { askedWaitMs } from '../../../lib/http/grammar/asked-wait.ts';
import { nameOf } from '../../../lib/http/grammar/proposed-name.ts';
import { rangeAnswerOf } from '../../../lib/http/grammar/range-answer.ts';
import { rateLimitOf } from '../../../lib/http/grammar/rate-limit.ts';
import { parseRetryAfter } from '../../../lib/http/grammar/retry-after.ts';
import { signatureExpiry } from '../../../lib/http/grammar/signature-expiry.ts';
import { ifRangeOf, modifiedAt, validatorOf } from '../../../lib/http/grammar/validator.ts';
import { nextUrl } from '../../../lib/http/requests/redirects.ts';
import { publishedDigests } from '../../../lib/integrity/digest-headers.ts';
import { checkRangeAnswer } from '../../../lib/transfer/checks/range-check.ts';
import type { Snapshot } from '../../../lib/transfer/snapshot.ts';
import { describeValidator } from '../../../lib/values/web/validator.ts';
import { mutatedBytes } from '../inputs.ts';
import { refusing, subject } from '../subject.ts';

const NOW = Date.UTC(2026, 0, 1);
const FROM = new URL('https://origin.example/a/file.iso?x=1');

const DISPOSITIONS = [
  'attachment; filename="disk image.iso"',
  'attachment; filename*=UTF-8\'\'na%C3%AFve%20file.bin; filename="naive.bin"',
  'inline; filename=plain.txt; size=10',
  'attachment; filename="C:\\\\folder\\\\file.txt"',
];
const FIELDS = [
  'sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:, sha-512=:x:',
  'SHA-256=uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=,md5=XrY7u+Ae7tCTyyK7j1rNww==',
  'crc32c=n03x6A==, md5=Ojk9c3dhfxgoKVVHYwFbHQ==',
  'a;b="c";d=?1, (1 2.5 :AA==:);x, "text"',
];
const RANGES = ['bytes 0-9/100', 'bytes */100', 'bytes 90-99/*', 'multipart/byteranges; boundary=x'];
const VALIDATORS = [
  '"abc"',
  'W/"abc"',
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
];
const WAITS = ['120', 'Wed, 21 Oct 2026 07:28:00 GMT', '-1', '999999999'];
const LIMITS = ['"default";r=0;t=30', 'limit=100, remaining=0, reset=30', '"a";q=1;w=60;qu="requests", "b";r=1'];
const LOCATIONS = [
  '/other',
  'https://h.example/a',
  '//h.example',
  'http://user:pass@h.example:8/..%2f',
  '?q#f',
  'file:///etc/passwd',
];

const SNAPSHOT: Snapshot = {
  sizeBytes: 100,
  ranges: true,
  validator: { kind: 'strong', etag: '"abc"' },
  contentType: 'text/plain',
  digests: {},
  warnings: [],
};

export const HEADERS = [
  subject({
    name: 'content-disposition',
    weight: 2,
    inputs: mutatedBytes(DISPOSITIONS, ['filename*=', "''", 'UTF-8', 'filename="', '%C3%28', '....', 'CON', 'a/b\\c']),
    begin: () => (text) => {
      const name = nameOf(text, FROM);
      if (name === '' || /[/\\\0]/.test(name) || name === '.' || name === '..') throw new TypeError(`the name ${name}`);
    },
  }),
  subject({
    name: 'structured-fields',
    weight: 2,
    inputs: fc.record({
      status: fc.constantFrom(200, 206),
      'repr-digest': mutatedBytes(FIELDS),
      digest: mutatedBytes(FIELDS),
      'x-goog-hash': mutatedBytes(FIELDS),
      'content-md5': mutatedBytes(FIELDS),
    }),
    begin:
      () =>
      ({ status, ...headers }) => {
        const digests = publishedDigests(status, headers);
        for (const hex of Object.values(digests))
          if (!/^[0-9a-f]+$/.test(hex)) throw new TypeError(`the digest ${hex}`);
      },
  }),
  subject({
    name: 'range-answers',
    weight: 2,
    inputs: fc.record({
      status: fc.constantFrom(200, 206, 412, 416, 503, 999),
      contentRange: mutatedBytes(RANGES),
      contentLength: fc.constantFrom('10', '100', '0', '999999999999999'),
      contentType: mutatedBytes([...RANGES, 'text/html; charset=x']),
      contentEncoding: mutatedBytes(['gzip', 'identity', ' ']),
      etag: mutatedBytes(VALIDATORS),
      'last-modified': mutatedBytes(VALIDATORS),
      sentIfRange: fc.boolean(),
    }),
    begin:
      () =>
      ({ etag, 'last-modified': lastModified, sentIfRange, ...fields }) => {
        const headers = { etag, 'last-modified': lastModified };
        const validator = validatorOf(headers);
        describeValidator(validator);
        ifRangeOf(validator);
        modifiedAt(headers);
        const answer = rangeAnswerOf({ ...fields, validator });
        checkRangeAnswer({ start: 0, end: 10 }, SNAPSHOT, answer, { sentIfRange });
      },
  }),
  subject({
    name: 'retry-after',
    inputs: mutatedBytes([...WAITS, ...VALIDATORS]),
    begin: () => (text) => {
      const waitMs = parseRetryAfter(text, NOW);
      if (waitMs !== undefined && !(waitMs >= 0 && waitMs <= 86_400_000)) throw new TypeError(`waits ${waitMs} ms`);
    },
  }),
  subject({
    name: 'rate-limit',
    inputs: mutatedBytes(LIMITS, ['"x";r=0;t=9999999999', 'remaining=0', 'reset=1.5', ';w=']),
    begin: () => (text) => {
      const headers = { ratelimit: text, 'ratelimit-policy': text };
      const resetMs = rateLimitOf(headers)?.resetMs ?? askedWaitMs(429, { 'ratelimit-remaining': text }, NOW) ?? 0;
      if (!(resetMs >= 0 && resetMs <= 86_400_000)) throw new TypeError(`waits ${resetMs} ms`);
    },
  }),
  subject({
    name: 'redirects',
    inputs: mutatedBytes(LOCATIONS, ['https:', 'http://[::1', 'X-Amz-Expires=1', '&Expires=9999999999']),
    begin: () => (text) => {
      refusing(() => {
        const url = nextUrl([FROM], text, 302, { maxRedirects: 5, allowInsecure: false });
        signatureExpiry(url);
        nameOf(undefined, url);
      });
    },
  }),
];
