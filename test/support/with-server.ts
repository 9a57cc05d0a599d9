import { describe, test } from 'vitest';
import type { S3Server } from './s3-process.ts';
import { ServerMissing } from './s3-process.ts';

/**
 * Registers tests that need a server. Where it can't be had they are skipped, with the reason in their name, and with
 * PIECEWORK_REQUIRE_SERVERS=1 (as in CI) they fail instead.
 * @param prepare finds what is needed, starts nothing; returns how to start it.
 */
export async function withServer<Start = () => Promise<S3Server>>(
  name: string,
  prepare: () => Promise<Start>,
  tests: (start: Start) => void,
): Promise<void> {
  let start: Start;
  try {
    start = await prepare();
  } catch (error) {
    if (!(error instanceof ServerMissing)) throw error;
    const reason = `needs ${name}, which is missing: ${error.message}`;
    describe(name, () => {
      test(reason, ({ skip }) => {
        if (process.env['PIECEWORK_REQUIRE_SERVERS'] === '1') throw error;
        console.warn(`SKIPPED: ${reason}`);
        skip(reason);
      });
    });
    return;
  }
  tests(start);
}
