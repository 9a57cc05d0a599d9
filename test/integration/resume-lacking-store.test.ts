import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import type { S3Double } from '../support/s3-double.ts';
import { startS3Double } from '../support/s3-double.ts';
import { errorOf, says } from '../support/store-lies.ts';

const MIB = 1024 ** 2;
const SIZE = 20 * MIB + 5;

const STORES: readonly (readonly [string, { readonly checksums?: 'none' }, (store: S3Double) => void])[] = [
  [
    'lists no parts',
    {},
    (store) => {
      const answer = says(501, errorOf('NotImplemented'));
      store.fail({ operation: 'ListParts', times: Number.POSITIVE_INFINITY, what: { kind: 'lie', answer } });
    },
  ],
  ['lists no checksums', { checksums: 'none' }, () => {}],
];

test.each(STORES)(
  'a copy to a store that %s, begun by a process that is gone, is right',
  async (_what, options, lie) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'double').stubEnv('AWS_SECRET_ACCESS_KEY', 'double-secret');
    await using store = await startS3Double(options);
    await using origin = await startOrigin();
    await using things = new AsyncDisposableStack();
    const stateDir = await mkdtemp(join(tmpdir(), 'piecework-lacking-'));
    things.defer(async () => {
      vi.unstubAllEnvs();
      await rm(stateDir, { recursive: true, force: true });
    });
    store.makeBucket('bucket');
    lie(store);
    const open = (onEvent = (_: { readonly type: string }) => {}) =>
      openLocal({
        stateDir,
        onEvent,
        backoff: { baseMs: 20, capMs: 200 },
        http: { proxy: {} },
        s3: { endpointUrl: store.endpoint, region: store.region },
      });
    const url = origin.serve('/file.bin', { size: SIZE });
    const copy = { source: { url }, destination: 's3://bucket/', options: { pieceSizeBytes: 5 * MIB, parallelism: 1 } };

    const stop = new AbortController();
    await using first = open(({ type }) => type === 'piece.done' && stop.abort());
    await failureOf(first.copy(copy, stop.signal), 'Interrupted');

    await using second = open();
    const report = await second.copy(copy);
    expect((await store.object('bucket', 'file.bin'))?.equals(patternBytes(0, SIZE))).toBe(true);
    expect(report.result.sizeBytes).toBe(SIZE);
    expect(store.openUploads()).toEqual([]);
  },
);
