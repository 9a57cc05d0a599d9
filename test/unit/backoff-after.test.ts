import { expect, it } from 'vitest';
import { BACKOFF, backoffAfter, backoffMs } from '../../lib/transfer/retry.ts';

it.each(['SourceReset', 'SourceTimeout', 'BodyShort', 'DestinationBusy'] as const)(
  '%s backs off as any failure does',
  (code) => {
    expect(backoffAfter(code, 2, 'seed')).toBe(backoffMs(2, 'seed', BACKOFF));
  },
);

it.each(['SourceRefused', 'SourceNotResolved', 'DestinationUnreachable'] as const)(
  '%s in the middle is an outage: five steps further',
  (code) => {
    expect(backoffAfter(code, 1, 'seed')).toBe(backoffMs(6, 'seed', BACKOFF));
    expect(backoffAfter(code, 30, 'seed', { baseMs: 10, capMs: 50 })).toBeLessThanOrEqual(50);
  },
);
