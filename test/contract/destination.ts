import { describe } from 'vitest';
import type { Subject } from './destination/bench.ts';
import { destinationBench } from './destination/bench.ts';
import { objectContract } from './destination/objects.ts';
import { readingContract } from './destination/reading.ts';
import { smallPutContract } from './destination/small-puts.ts';
import { stagingContract } from './destination/staging.ts';
import { uploadContract } from './destination/uploads.ts';

/**
 * The behaviour of the port `Destination`, for every implementation. What one lacks it says in `features` or by the
 * absence of a part: then the suite holds it to the refusal instead, or skips the test.
 */
export function destinationContract(name: string, setup: () => Promise<Subject>): void {
  describe(`destination contract: ${name}`, () => {
    const bench = destinationBench(setup);
    uploadContract(bench);
    objectContract(bench);
    readingContract(bench);
    smallPutContract(bench);
    stagingContract(bench);
  });
}
