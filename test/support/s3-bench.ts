import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Local, LocalOptions, PieceworkEvent } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';
import type { Origin } from './origin.ts';
import { startOrigin } from './origin.ts';
import type { DoubleOptions } from './s3-double/state.ts';
import type { S3Double } from './s3-double.ts';
import { startS3Double } from './s3-double.ts';

export interface S3BenchOptions {
  readonly buckets: readonly string[];
  readonly store?: DoubleOptions;
  readonly local?: (store: S3Double) => LocalOptions;
}

export interface S3Bench {
  readonly folder: string;
  readonly origin: Origin;
  readonly store: S3Double;
  /** Of all that were opened here. */
  readonly events: readonly PieceworkEvent[];
  readonly piecework: Local;
  /** One more, on the same state; the caller disposes of it. */
  open(options?: LocalOptions): Local;
  /** Begins anew with another store. */
  startOver(store: DoubleOptions): Promise<void>;
}

/** An origin, a store and Piecework between them, new for each test of the file that calls this. */
export function s3Bench({ buckets, store: usual = {}, local = () => ({}) }: S3BenchOptions): S3Bench {
  let folder: string;
  let origin: Origin;
  let store: S3Double;
  let events: PieceworkEvent[];
  let piecework: Local;

  function open(options: LocalOptions = {}): Local {
    return openLocal({
      stateDir: join(folder, 'state'),
      s3: { endpointUrl: store.endpoint, region: store.region },
      onEvent: (event) => events.push(event),
      ...local(store),
      ...options,
    });
  }

  async function begin(options: DoubleOptions): Promise<void> {
    store = await startS3Double(options);
    for (const name of buckets) store.makeBucket(name);
    vi.stubEnv('AWS_ACCESS_KEY_ID', store.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', store.credentials.secretAccessKey);
    events = [];
    piecework = open();
  }

  async function end(): Promise<void> {
    await piecework[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'piecework-s3-bench-'));
    origin = await startOrigin();
    await begin(usual);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await end();
    await origin[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  return {
    get folder() {
      return folder;
    },
    get origin() {
      return origin;
    },
    get store() {
      return store;
    },
    get events() {
      return events;
    },
    get piecework() {
      return piecework;
    },
    open,
    async startOver(options) {
      await end();
      await begin(options);
    },
  };
}
