import { afterAll, beforeAll, describe, test } from 'vitest';
import { HOSTILE } from '../integration/hostile/rows/all.ts';
import { play } from './hostile-bench.ts';
import type { OnlyLoopback } from './only-loopback.ts';
import { onlyLoopback } from './only-loopback.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'double', AWS_SECRET_ACCESS_KEY: 'double-secret' };

/**
 * Each row over real sockets, through the whole engine, to one kind of destination.
 * Several at a time: most of them wait.
 */
export function playAll(kind: 'file' | 's3', schemes: readonly ('http' | 'https')[]): void {
  const before = { ...process.env };
  let net: OnlyLoopback;
  // Both for the whole file: a stub would end with the first of the tests that run side by side.
  beforeAll(() => {
    net = onlyLoopback();
    Object.assign(process.env, CREDENTIALS);
  });
  afterAll(() => {
    net[Symbol.dispose]();
    for (const name of Object.keys(CREDENTIALS)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  describe.concurrent.each(Object.entries(HOSTILE))('%s', (_heading, rows) => {
    for (const row of rows) {
      for (const scheme of row.only === undefined ? schemes : [row.only]) {
        test(`${row.what}: ${row.outcome} (${scheme})`, () => play(row, scheme, kind, net));
      }
    }
  });
}
