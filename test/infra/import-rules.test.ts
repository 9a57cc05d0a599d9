import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import config from '../../.dependency-cruiser.js';

/** A small house in which every room imports as much as it may. */
const HOUSE: Readonly<Record<string, string>> = {
  'lib/values/ids.ts': `import { ulid } from 'ulid'; export const id = () => ulid();`,
  'lib/errors/error.ts': `import { id } from '../values/ids.ts'; export const error = id;`,
  'lib/transfer/plan.ts': `import { error } from '../errors/error.ts'; export const plan = error;`,
  'lib/transfer/decide/decide.ts': `import { plan } from '../plan.ts'; export const decide = plan;`,
  'lib/lists/read-list.ts': `import { createGunzip } from 'node:zlib'; import { Readable } from 'node:stream'; import { parse } from 'csv-parse'; import { plan } from '../transfer/plan.ts'; export const readList = [createGunzip, Readable, parse, plan];`,
  'lib/sources/source.ts': `import { plan } from '../transfer/plan.ts'; import type { Records } from '../records/records.ts'; export type Source = typeof plan | Records;`,
  'lib/sources/http/source.ts': `import { crc } from '../../integrity/crc.ts'; import { agent } from '../../http/agent.ts'; import { guard } from '../../guard/guard.ts'; import type { Source } from '../source.ts'; import { range } from './range.ts'; import type { plan } from '../../transfer/plan.ts'; export const http = [crc, agent, guard, range] as unknown as Source | typeof plan;`,
  'lib/sources/http/range.ts': `import { Agent } from 'undici'; export const range = Agent;`,
  'lib/sources/sftp/source.ts': `import type { Source } from '../source.ts'; import { tcp } from '../../net/tcp.ts'; import { client } from '../../s3/client.ts'; export const sftp = [tcp, client] as unknown as Source;`,
  'lib/destinations/destination.ts': `import { error } from '../errors/error.ts'; export type Destination = typeof error;`,
  'lib/destinations/file/destination.ts': `import { open } from 'node:fs/promises'; import type { Destination } from '../destination.ts'; export const file = open as unknown as Destination;`,
  'lib/records/records.ts': `import { id } from '../values/ids.ts'; export type Records = typeof id; export const noRecords = id;`,
  'lib/events/events.ts': `import { id } from '../values/ids.ts'; export type Events = typeof id; export const noEvents = id;`,
  'lib/integrity/crc.ts': `import { crc32 } from 'node:zlib'; export const crc = crc32;`,
  'lib/guard/guard.ts': `import { BlockList } from 'node:net'; export const guard = new BlockList();`,
  'lib/http/agent.ts': `import { Agent } from 'undici'; import { guard } from '../guard/guard.ts'; import { tcp } from '../net/tcp.ts'; import type { plan } from '../transfer/plan.ts'; export const agent = [Agent, guard, tcp] as unknown as typeof plan;`,
  'lib/http/grammar/headers.ts': `import { id } from '../../values/ids.ts'; export const headers = id;`,
  'lib/sources/s3/source.ts': `import { headers } from '../../http/grammar/headers.ts'; import { client } from '../../s3/client.ts'; export const s3 = [headers, client];`,
  'lib/system/clock.ts': `import { ulid } from 'ulid'; import { setTimeout } from 'node:timers/promises'; import { id } from '../values/ids.ts'; export const clock = [ulid, setTimeout, id];`,
  'lib/net/tcp.ts': `import { connect } from 'node:net'; import { guard } from '../guard/guard.ts'; export const tcp = [connect, guard];`,
  'lib/s3/client.ts': `import { Agent } from 'undici'; import type { plan } from '../transfer/plan.ts'; export const client = [Agent] as unknown as typeof plan;`,
  'lib/pipeline/shared/store.ts': `import { error } from '../../errors/error.ts'; export const store = error;`,
  'lib/pipeline/settle/settle.ts': `import { store } from '../shared/store.ts'; export const settle = store;`,
  'lib/pipeline/advance/advance.ts': `import { store } from '../shared/store.ts'; import { settle } from '../settle/settle.ts'; export const advance = [store, settle];`,
  'lib/pipeline/fetch/fetch.ts': `import type { Source } from '../../sources/source.ts'; import { crc } from '../../integrity/crc.ts'; import { plan } from '../../transfer/plan.ts'; import { store } from '../shared/store.ts'; export const fetchPiece = [crc, plan, store] as unknown as Source;`,
  'lib/pipeline/plan/plan.ts': `import { advance } from '../advance/advance.ts'; export const planTransfer = advance;`,
  'lib/pipeline/finish/finish.ts': `import { advance } from '../advance/advance.ts'; export const finish = advance;`,
  'lib/pipeline/requests/cancel.ts': `import { advance } from '../advance/advance.ts'; export const cancel = advance;`,
  'lib/pipeline/upkeep/reconcile.ts': `import { advance } from '../advance/advance.ts'; import { settle } from '../settle/settle.ts'; export const reconcile = [advance, settle];`,
  'lib/api/app.ts': `import { fetchPiece } from '../pipeline/fetch/fetch.ts'; export const app = fetchPiece;`,
  'lib/aws/names.ts': `import { id } from '../values/ids.ts'; export const names = id;`,
  'lib/aws/home.ts': `import { http } from '../sources/http/source.ts'; import { names } from './names.ts'; export const awsHome = [http, names];`,
  'lib/local/home.ts': `import { http } from '../sources/http/source.ts'; import { file } from '../destinations/file/destination.ts'; import { app } from '../api/app.ts'; export const localHome = [http, file, app];`,
  'lib/index.ts': `export { localHome } from './local/home.ts'; export { awsHome } from './aws/home.ts';`,
  'cli/main.ts': `import { Command } from 'commander'; import { localHome } from '../lib/local/home.ts'; import type { Events } from '../lib/events/events.ts'; export const main = [Command, localHome] as unknown as Events;`,
  'functions/fetcher/handler.ts': `import { awsHome } from '../../lib/aws/home.ts'; export const handler = awsHome;`,
  'cdk/stack.ts': `import { names } from '../lib/aws/names.ts'; import { join } from 'node:path'; export const stack = [names, join];`,
  'console/page.ts': `import type { app } from '../lib/api/app.ts'; export const page = {} as typeof app;`,
  'test/support/help.ts': 'export const help = 1;',
};

interface Plant {
  readonly rule: string;
  readonly file: string;
  readonly code: string;
}

/** `use('./x.ts')` is a file that imports x for its values. */
const use = (...specifiers: string[]) =>
  specifiers.map((specifier, at) => `import * as m${at} from '${specifier}'; console.log(m${at});`).join('\n');

const PLANTS: readonly Plant[] = [
  { rule: 'values-and-errors-stand-alone', file: 'lib/values/bad-builtin.ts', code: use('node:crypto') },
  { rule: 'values-and-errors-stand-alone', file: 'lib/values/bad-up.ts', code: use('../transfer/plan.ts') },
  { rule: 'values-and-errors-stand-alone', file: 'lib/errors/bad-npm.ts', code: use('undici') },
  { rule: 'transfer-is-pure', file: 'lib/transfer/bad-builtin.ts', code: use('node:timers') },
  { rule: 'transfer-is-pure', file: 'lib/transfer/bad-process.ts', code: use('process') },
  { rule: 'transfer-is-pure', file: 'lib/transfer/bad-npm.ts', code: use('ulid') },
  {
    rule: 'transfer-is-pure',
    file: 'lib/transfer/bad-dynamic.ts',
    code: `export const late = import('node:fs');`,
  },
  {
    rule: 'transfer-is-pure',
    file: 'lib/transfer/bad-type.ts',
    code: `export type { Source } from '../sources/source.ts';`,
  },
  { rule: 'lists-are-pure', file: 'lib/lists/bad-file.ts', code: use('node:fs') },
  { rule: 'lists-are-pure', file: 'lib/lists/bad-api.ts', code: use('../api/app.ts') },
  { rule: 'lists-are-pure', file: 'lib/lists/bad-npm.ts', code: use('undici') },
  { rule: 'port-states-an-interface', file: 'lib/secrets/secrets.ts', code: use('node:fs') },
  { rule: 'port-knows-other-ports-by-type', file: 'lib/queues/queue.ts', code: use('../records/records.ts') },
  {
    rule: 'pipeline-runs-on-ports',
    file: 'lib/pipeline/shared/bad-implementation.ts',
    code: use('../../sources/http/source.ts'),
  },
  {
    rule: 'pipeline-runs-on-ports',
    file: 'lib/pipeline/shared/bad-type.ts',
    code: `export type { http } from '../../sources/http/source.ts';`,
  },
  { rule: 'pipeline-runs-on-ports', file: 'lib/pipeline/shared/bad-builtin.ts', code: use('node:fs/promises') },
  { rule: 'pipeline-runs-on-ports', file: 'lib/pipeline/shared/bad-npm.ts', code: use('undici') },
  {
    rule: 'implementation-knows-its-own-port',
    file: 'lib/sources/http/bad-sibling.ts',
    code: use('../sftp/source.ts'),
  },
  {
    rule: 'implementation-knows-its-own-port',
    file: 'lib/sources/bad-port.ts',
    code: `export type { Records } from '../records/records.ts';`,
  },
  {
    rule: 'implementation-knows-its-own-port',
    file: 'lib/sources/bad-pipeline.ts',
    code: use('../pipeline/fetch/fetch.ts'),
  },
  {
    rule: 'implementation-knows-its-own-port',
    file: 'lib/destinations/bad-home.ts',
    code: use('../aws/names.ts'),
  },
  { rule: 'pipeline-shared', file: 'lib/pipeline/shared/bad-up.ts', code: use('../settle/settle.ts') },
  { rule: 'pipeline-settle', file: 'lib/pipeline/settle/bad-up.ts', code: use('../upkeep/reconcile.ts') },
  { rule: 'pipeline-advance', file: 'lib/pipeline/advance/bad-up.ts', code: use('../plan/plan.ts') },
  { rule: 'pipeline-fetch', file: 'lib/pipeline/fetch/bad-up.ts', code: use('../advance/advance.ts') },
  { rule: 'pipeline-plan', file: 'lib/pipeline/plan/bad-across.ts', code: use('../finish/finish.ts') },
  { rule: 'pipeline-finish', file: 'lib/pipeline/finish/bad-across.ts', code: use('../plan/plan.ts') },
  { rule: 'pipeline-requests', file: 'lib/pipeline/requests/bad-across.ts', code: use('../upkeep/reconcile.ts') },
  { rule: 'pipeline-upkeep', file: 'lib/pipeline/upkeep/bad-across.ts', code: use('../requests/cancel.ts') },
  { rule: 'pipeline-batch', file: 'lib/pipeline/batch/bad-across.ts', code: use('../upkeep/reconcile.ts') },
  {
    rule: 'implementation-decides-nothing',
    file: 'lib/sources/bad-decides.ts',
    code: use('../transfer/decide/decide.ts'),
  },
  {
    rule: 'implementation-decides-nothing',
    file: 'lib/http/bad-decides.ts',
    code: use('../transfer/decide/decide.ts'),
  },
  { rule: 'integrity-is-arithmetic', file: 'lib/integrity/bad.ts', code: use('../transfer/plan.ts') },
  { rule: 'disk-knows-files', file: 'lib/disk/bad.ts', code: use('../transfer/plan.ts') },
  { rule: 'guard-stands-before-http', file: 'lib/guard/bad.ts', code: use('../http/agent.ts') },
  { rule: 'system-is-the-machine', file: 'lib/system/bad-up.ts', code: use('../transfer/plan.ts') },
  { rule: 'system-is-the-machine', file: 'lib/system/bad-npm.ts', code: use('undici') },
  { rule: 'http-serves-implementations', file: 'lib/http/bad.ts', code: use('../sources/sftp/source.ts') },
  { rule: 'http-serves-implementations', file: 'lib/http/bad-integrity.ts', code: use('../integrity/crc.ts') },
  { rule: 'http-grammar-is-pure', file: 'lib/http/grammar/bad-net.ts', code: use('../../net/tcp.ts') },
  { rule: 'http-grammar-is-pure', file: 'lib/http/grammar/bad-connection.ts', code: use('../agent.ts') },
  {
    rule: 'http-is-for-those-who-speak-it',
    file: 'lib/sources/sftp/bad-http.ts',
    code: use('../../http/grammar/headers.ts'),
  },
  {
    rule: 'http-is-for-those-who-speak-it',
    file: 'lib/destinations/file/bad-http.ts',
    code: use('../../http/agent.ts'),
  },
  { rule: 's3-knows-http-by-its-grammar', file: 'lib/sources/s3/bad-http.ts', code: use('../../http/agent.ts') },
  { rule: 'net-opens-sockets', file: 'lib/net/bad.ts', code: use('../sources/sftp/source.ts') },
  { rule: 'net-opens-sockets', file: 'lib/net/bad-http.ts', code: use('../http/agent.ts') },
  { rule: 'net-opens-sockets', file: 'lib/net/bad-npm.ts', code: use('undici') },
  { rule: 's3-serves-both-ends', file: 'lib/s3/bad.ts', code: use('../destinations/file/destination.ts') },
  { rule: 'api-speaks-to-the-pipeline', file: 'lib/api/bad.ts', code: use('../local/home.ts') },
  { rule: 'only-homes-compose', file: 'lib/api/bad-compose.ts', code: use('../sources/http/source.ts') },
  { rule: 'only-homes-compose', file: 'cli/bad-compose.ts', code: use('../lib/destinations/file/destination.ts') },
  { rule: 'homes-stay-apart', file: 'lib/local/bad.ts', code: use('../aws/home.ts') },
  { rule: 'homes-stay-apart', file: 'lib/aws/bad.ts', code: use('../local/home.ts') },
  { rule: 'aws-names-are-data', file: 'lib/aws/limits.ts', code: use('undici') },
  {
    rule: 'index-is-the-front-door',
    file: 'lib/index.ts',
    code: use('./http/agent.ts', './local/home.ts', './aws/home.ts'),
  },
  { rule: 'cli-drives-a-home', file: 'cli/bad-http.ts', code: use('../lib/http/agent.ts') },
  { rule: 'functions-are-wiring', file: 'functions/api/bad.ts', code: use('../../lib/local/home.ts') },
  { rule: 'events-are-known-by-type', file: 'cli/bad-events.ts', code: use('../lib/events/events.ts') },
  { rule: 'cdk-knows-names-and-limits', file: 'cdk/bad.ts', code: use('../lib/aws/home.ts') },
  { rule: 'console-is-a-page', file: 'console/bad-builtin.ts', code: use('node:fs') },
  { rule: 'console-is-a-page', file: 'console/bad-values.ts', code: use('../lib/values/ids.ts') },
  { rule: 'console-knows-the-api-by-type', file: 'console/bad-api.ts', code: use('../lib/api/app.ts') },
  { rule: 'lib-knows-no-caller', file: 'lib/local/bad-cli.ts', code: use('../../cli/main.ts') },
  { rule: 'lib-knows-no-caller', file: 'lib/local/bad-index.ts', code: use('../index.ts') },
  // A cycle is reported once, at one of its files; this one needs no second.
  { rule: 'no-circular', file: 'lib/values/bad-self.ts', code: use('./bad-self.ts') },
  { rule: 'no-orphans', file: 'lib/values/bad-orphan.ts', code: 'export const alone = 1;' },
  { rule: 'no-unresolvable', file: 'bench/bad.ts', code: use('./nowhere.ts') },
  { rule: 'no-tests-in-production', file: 'lib/local/bad-test.ts', code: use('../../test/support/help.ts') },
  { rule: 'no-dev-dependency-in-production', file: 'cli/bad-dev.ts', code: use('fast-check') },
  { rule: 'no-undeclared-dependency', file: 'bench/bad-undeclared.ts', code: use('left-pad') },
];

const PACKAGES = ['ulid', 'undici', 'commander', 'csv-parse', 'fast-check', 'left-pad'];
const ROOT = join(import.meta.dirname, '../..');
const folders: string[] = [];

interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/** Lays the files into a fresh folder beside the project's own rules, and returns what the rules say of them. */
async function cruise(files: Readonly<Record<string, string>>): Promise<Violation[]> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-import-rules-'));
  folders.push(folder);
  const stubs = PACKAGES.flatMap((name) => [
    [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', type: 'module', main: 'index.js' })],
    [`node_modules/${name}/index.js`, 'export {};'],
  ]);
  for (const [path, text] of [...Object.entries(files), ...stubs] as [string, string][]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.js']) {
    await copyFile(join(ROOT, file), join(folder, file));
  }
  const bin = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const stdout = await new Promise<string>((resolve, reject) => {
    // It exits with the number of violations: only an answer that is no JSON is a failure of the run.
    execFile(
      process.execPath,
      [bin, '.', '--output-type', 'json'],
      { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => (out.startsWith('{') ? resolve(out) : reject(new Error(err, { cause: error }))),
    );
  });
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[] };
  };
  return summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}

afterAll(async () => {
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true });
  }
});

describe('import rules', () => {
  const rules = config.forbidden ?? [];
  let found: Violation[] = [];

  beforeAll(async () => {
    found = await cruise({ ...HOUSE, ...Object.fromEntries(PLANTS.map(({ file, code }) => [file, code])) });
  }, 60_000);

  test('a house that keeps them is green', async () => {
    expect(await cruise(HOUSE)).toEqual([]);
  });

  test.each(rules.map(({ name, comment, severity }) => ({ name, comment, severity })))(
    '$name says why, stops the build, and has a planted violation',
    ({ name, comment, severity }) => {
      expect(comment?.length).toBeGreaterThan(20);
      expect(severity).toBe('error');
      expect(PLANTS.map((plant) => plant.rule)).toContain(name);
    },
  );

  test.each(PLANTS)('$rule turns red for $file', ({ rule, file }) => {
    expect(found.filter(({ from }) => from === file).map((violation) => violation.rule)).toContain(rule);
  });

  test('nothing but what was planted turns red', () => {
    const planted = new Set(PLANTS.map(({ file }) => file));
    expect(found.filter(({ from }) => !planted.has(from))).toEqual([]);
  });
});
