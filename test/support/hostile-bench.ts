import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createGuard } from '../../lib/guard/guard.ts';
import type { Local, LocalOptions } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';

import { openHome } from '../../lib/local/home/home.ts';
import { localOf } from '../../lib/local/open.ts';
import { httpSource } from '../../lib/sources/http/source.ts';
import { sourcesByScheme } from '../../lib/sources/sources.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import { createAuthority } from './certificates.ts';
import type { HostileRow, RowServers, Shape } from './hostile-row.ts';
import type { OnlyLoopback } from './only-loopback.ts';
import type { Origin } from './origin.ts';
import { startOrigin } from './origin.ts';
import { patternBytes } from './pattern.ts';
import { failureOf } from './reading.ts';
import { startS3Double } from './s3-double.ts';

const MIB = 1024 ** 2;
const BUCKET = 'bucket';

const SHAPES: Readonly<Record<'file' | 's3', Shape>> = {
  file: { sizeBytes: 2 * MIB + 321, pieceSizeBytes: 512 * 1024 },
  s3: { sizeBytes: 10 * MIB + 321, pieceSizeBytes: 5 * MIB },
};

/** Short waits, so that patience is tested without time. */
const HASTE = { backoff: { baseMs: 20, capMs: 200 } };

const authority = createAuthority();
const leaf = authority.issue();

function optionsOf({ options = {} }: HostileRow, servers: RowServers): Partial<TransferOptions> {
  return typeof options === 'function' ? options(servers) : options;
}

/**
 * The whole engine, with a source that is guarded as those of the functions are. It knows one name; what
 * it is connected to is 127.0.0.1.
 */
function openGuarded(options: LocalOptions, { port }: Origin): Pick<Local, 'copy'> & AsyncDisposable {
  const guard = createGuard({
    ports: [80, 443, port],
    privateHosts: ['localhost'],
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  const source = httpSource({ guard, ca: authority.cert });
  const local = localOf(openHome(options, process.env, { sources: () => sourcesByScheme([source]) }));
  return {
    copy: local.copy,
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await local[Symbol.asyncDispose]();
    },
  };
}

/** Plays one row: copies from the hostile source, and looks at what came of it everywhere. */
export async function play(
  row: HostileRow,
  scheme: 'http' | 'https',
  kind: 'file' | 's3',
  { strangers }: OnlyLoopback,
): Promise<void> {
  await using things = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'piecework-hostile-'));
  things.defer(() => rm(home, { recursive: true, force: true }));
  const folder = join(home, 'files');
  const stateDir = join(home, 'state');
  await writeFile(join(home, 'ca.pem'), authority.cert);
  const tls = { tls: leaf };
  const origin = things.use(await startOrigin(scheme === 'https' ? tls : {}));
  const other = things.use(await startOrigin(scheme === 'https' ? {} : tls));
  const store = things.use(await startS3Double());
  store.makeBucket(BUCKET);
  const shape = SHAPES[kind];
  const servers: RowServers = { origin, other, shape };
  const options: LocalOptions = {
    ...HASTE,
    stateDir,
    http: { proxy: {}, caFile: join(home, 'ca.pem'), ...row.http },
    s3: { endpointUrl: store.endpoint, region: 'us-east-1' },
  };
  const piecework = things.use(row.guarded === true ? openGuarded(options, origin) : openLocal(options));
  const what = row.serve(servers);
  const url = typeof what === 'string' ? what : origin.serve('/file.bin', what);
  const copying = piecework.copy({
    source: { url, ...row.source },
    destination: kind === 'file' ? `${folder}/` : `s3://${BUCKET}/`,
    options: {
      pieceSizeBytes: shape.pieceSizeBytes,
      parallelism: 2,
      maxFailures: 3,
      holdMs: 0,
      ...optionsOf(row, servers),
    },
  });

  const found = async (): Promise<Buffer | undefined> =>
    kind === 's3'
      ? await store.object(BUCKET, 'file.bin')
      : await readFile(join(folder, 'file.bin')).catch(() => undefined);
  if (row.outcome === 'bytes') {
    const report = await copying;
    const may = [row.bytes?.(servers) ?? patternBytes(0, shape.sizeBytes)].flat();
    const object = await found();
    const right = may.find((bytes) => object?.equals(bytes) === true);
    expect(right, 'the object is not what the source holds').toBeDefined();
    const version = row.version === 'any' ? expect.any(String) : (row.version ?? 'validator');
    expect(report.result).toMatchObject({ sizeBytes: right?.length, version });
    expect(report.result.end).toBe(row.end);
    if (row.mode !== undefined) expect(report.plan?.mode).toBe(row.mode);
  } else {
    const error = await failureOf(copying, row.outcome);
    expect(error.message).not.toContain('\n');
    expect(await found()).toBeUndefined();
  }
  row.check?.(servers);

  const expected = row.outcome === 'bytes' ? ['file.bin'] : [];
  expect(await readdir(folder).catch(() => [])).toEqual(kind === 'file' ? expected : []);
  expect(store.openUploads()).toEqual([]);
  expect(store.log.filter(({ key, operation }) => operation === 'PutObject' && key !== 'file.bin')).toEqual([]);
  for (const room of ['active', 'locks']) expect(await readdir(join(stateDir, room)).catch(() => [])).toEqual([]);
  expect(origin.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(strangers, 'contacted all the same').toEqual([]);
}
