import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { FORMATS } from '../../lib/lists/formats.ts';
import { openLocal } from '../../lib/local/open.ts';
import { reported } from '../support/batch-bench.ts';
import { createAuthority } from '../support/certificates.ts';
import { testContext } from '../support/cli-context.ts';
import { FILES, LIST_KINDS, publish } from '../support/list-kinds.ts';
import { ARCHIVE_KINDS } from '../support/list-kinds-archives.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';

// Each kind of list in the shape that its publishers use, through the command line. Of three files, the digest of the
// second one is wrong where the list, or what lies beside it, says it.

const KINDS = [...LIST_KINDS, ...ARCHIVE_KINDS];

let origin: Origin;
let home: string;
beforeAll(async () => {
  const authority = createAuthority();
  home = await mkdtemp(join(tmpdir(), 'piecework-kinds-'));
  await writeFile(join(home, 'ca.pem'), authority.cert);
  origin = await startOrigin({ tls: authority.issue() });
});
afterAll(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

test('each format has a list here', () => {
  const named = KINDS.map(({ kind }) => kind.replace(/[ ,].*$/, ''));
  expect(new Set(named)).toEqual(new Set(Object.keys(FORMATS)));
});

test.each(KINDS)('$kind: the entry whose digest is wrong fails, the rest are there', async (kind) => {
  const names = kind.names.map((name) => name.replace('localhost/', `localhost_${origin.port}/`));
  const folder = join(home, kind.folder.replaceAll('/', '_'));
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(publish(origin, kind))) await writeFile(join(folder, name), text);
  const list = 'file' in kind.list ? join(folder, kind.list.file) : `${origin.base}${kind.list.path}`;
  const report = join(folder, 'report.jsonl');
  const options = ['--ca-file', join(home, 'ca.pem'), '--report', report, ...(kind.options?.(origin.base) ?? [])];
  const context = {
    ...testContext({ environment: { HOME: home } }),
    openLocal: async (given: Parameters<typeof openLocal>[0]) => openLocal({ ...given, stateDir: join(home, 'state') }),
  };
  expect(await run(['batch', list, join(folder, 'out'), ...options], context), context.stderr.text).toBe(9);
  const outcomes = await reported({ report });
  expect(outcomes.map(({ name, kind: came, error }) => [name, came, error?.code])).toEqual([
    [names[0], 'done', undefined],
    [names[1], 'failed', 'DigestMismatch'],
    [names[2], 'done', undefined],
  ]);
  for (const [index, name] of names.entries()) {
    const there = await readFile(join(folder, 'out', name)).catch(() => undefined);
    expect(there === undefined ? undefined : Buffer.compare(there, FILES[index]?.bytes ?? Buffer.of())).toBe(
      index === 1 ? undefined : 0,
    );
  }
});
