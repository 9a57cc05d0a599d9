import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedWaitMs } from '../../lib/http/grammar/asked-wait.ts';
import { rateLimitOf } from '../../lib/http/grammar/rate-limit.ts';

describe('RateLimit (draft-ietf-httpapi-ratelimit-headers)', () => {
  it.each([
    ['"default";r=0;t=30', undefined, { isUsedUp: true, resetMs: 30_000 }],
    ['default;r=0;t=30', undefined, { isUsedUp: true, resetMs: 30_000 }],
    ['"default";r=5;t=30', undefined, { isUsedUp: false, resetMs: 30_000 }],
    ['"day";r=100;t=86000, "hour";r=0;t=900', undefined, { isUsedUp: true, resetMs: 900_000 }],
    ['"a";r=0;t=5, "b";r=0;t=9', undefined, { isUsedUp: true, resetMs: 9_000 }],
    ['"p";r=0', '"p";q=10;w=60', { isUsedUp: true, resetMs: 60_000 }],
    ['"p";r=0', undefined, { isUsedUp: true }],
    ['"p";r=0;t=3', '"p";q=10;qu="requests";w=60', { isUsedUp: true, resetMs: 3_000 }],
    ['"p";r=0;t=3', '"p";q=10;qu="content-bytes"', undefined],
    ['"p";r=0;t=9999999', undefined, { isUsedUp: true, resetMs: 86_400_000 }],
    ['limit=100, remaining=0, reset=30', '100;w=60', { isUsedUp: true, resetMs: 30_000 }],
    ['limit=100, remaining=7, reset=30', undefined, { isUsedUp: false, resetMs: 30_000 }],
    ['limit=100, remaining=0', undefined, { isUsedUp: true }],
    ['limit=100, reset=30', undefined, undefined],
    ['"p";r=-1;t=3', undefined, undefined],
    ['"p";r=0.5;t=3', undefined, undefined],
    ['"p";r="0";t=3', undefined, undefined],
    ['"p', undefined, undefined],
    ['', undefined, undefined],
  ])('%j with the policy %j is %j', (ratelimit, policy, expected) => {
    expect(rateLimitOf({ ratelimit, 'ratelimit-policy': policy })).toEqual(expected);
  });

  it.each([
    ['0', '30', { isUsedUp: true, resetMs: 30_000 }],
    [' 0 ', undefined, { isUsedUp: true }],
    ['3', '30', { isUsedUp: false, resetMs: 30_000 }],
    ['0', 'Thu, 01 Jan 2026 12:01:00 GMT', { isUsedUp: true }],
    ['none', '30', undefined],
    [undefined, '30', undefined],
  ])('in three headers: %j left, anew in %j is %j', (remaining, reset, expected) => {
    const headers = { 'ratelimit-limit': '100', 'ratelimit-remaining': remaining, 'ratelimit-reset': reset };
    expect(rateLimitOf(headers)).toEqual(expected);
  });

  it('is none or a wait of at most a day, whatever a server writes', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^("[ab]"|a)(;[rtqw]=[0-9]{1,12}){0,3}$/));
    fc.assert(
      fc.property(text, text, (ratelimit, policy) => {
        const ms = rateLimitOf({ ratelimit, 'ratelimit-policy': policy })?.resetMs ?? 0;
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(86_400_000);
      }),
    );
  });
});

describe('the wait that an answer asks for', () => {
  const used = { ratelimit: '"default";r=0;t=30' };
  const left = { ratelimit: '"default";r=3;t=30' };

  it.each([
    [429, { ...used, 'retry-after': '5' }, 5_000],
    [429, used, 30_000],
    [503, left, 30_000],
    [403, used, 30_000],
    [403, left, undefined],
    [404, left, undefined],
    [429, {}, undefined],
  ])('%d with %j: %d', (status, headers, ms) => {
    expect(askedWaitMs(status, headers, 0)).toBe(ms);
  });
});
