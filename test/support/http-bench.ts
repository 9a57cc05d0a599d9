import { afterEach, beforeEach } from 'vitest';
import type { HttpSourceOptions } from '../../lib/sources/http/source.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import type { Handler, Origin } from './origin.ts';
import { startOrigin } from './origin.ts';
import type { Resource } from './origin-resource.ts';
import { call, readAll } from './reading.ts';
import { usedByTest } from './used-by-test.ts';

/** Of the usual test file. */
export const SIZE = 400_000;
export const MIDDLE = { start: 100_000, end: 300_000 };

export interface HttpBench {
  readonly origin: Origin;
  /** With default options. */
  readonly source: Source;
  /** Disposed of after the test. */
  alsoUse<T extends AsyncDisposable>(thing: T): T;
  useSource(options: HttpSourceOptions): Source;
  snapshotOf(from: SourceLocator, by?: Source): Promise<Snapshot>;
  /** Probes a resource, puts another one (or the same, misbehaving) in its place, and opens the middle of it. */
  openAfter(before: Resource, after: Resource | Handler, by?: Source): Promise<Buffer>;
}

/** An HTTP source and a scripted origin, new for each test of the file that calls this. */
export function httpBench(): HttpBench {
  let origin: Origin;
  let source: Source;

  beforeEach(async () => {
    origin = await startOrigin();
    source = httpSource();
  });
  afterEach(async () => {
    await source[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });

  // After the hook above, so before it when a test ends.
  const alsoUse = usedByTest();
  const snapshotOf = async (from: SourceLocator, by = source): Promise<Snapshot> => {
    await using probe = await by.probe(from, 1000, call());
    return probe.snapshot;
  };
  return {
    get origin() {
      return origin;
    },
    get source() {
      return source;
    },
    alsoUse,
    useSource: (options) => alsoUse(httpSource(options)),
    snapshotOf,
    async openAfter(before, after, by = source) {
      const from = { url: origin.serve('/file.bin', before) };
      const snapshot = await snapshotOf(from, by);
      origin.serve('/file.bin', after);
      return readAll(await by.open(from, snapshot, MIDDLE, call()));
    },
  };
}
