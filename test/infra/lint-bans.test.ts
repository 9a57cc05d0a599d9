import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// lib/pipeline and lib/transfer replay from a seed, so the linter refuses them every global that brings time, chance
// or the world. Each ban is planted here once in each of the two rooms.

const ROOT = join(import.meta.dirname, '../..');
const ROOMS = ['lib/lists', 'lib/pipeline', 'lib/transfer'];
const BIOME = JSON.parse(await readFile(join(ROOT, 'biome.json'), 'utf8')) as {
  overrides: {
    linter: { rules: { style?: { noRestrictedGlobals?: { options: { deniedGlobals: object } } } } };
  }[];
};
const DENIED = BIOME.overrides.flatMap(({ linter }) =>
  Object.keys(linter.rules.style?.noRestrictedGlobals?.options.deniedGlobals ?? {}),
);

const HIDDEN: Readonly<Record<string, string>> = {
  'math-random': 'export const planted = Math.random();',
  'math-computed': "export const planted = Math['random']();",
  'math-destructured': 'const { random } = Math;\nexport const planted = random;',
  'math-default': 'export const planted = (m = Math) => m;',
  'abort-timeout': 'export const planted = AbortSignal.timeout(5);',
};

const ALLOWED = `export function planted(signals: AbortSignal[]): number {
  return Math.floor([1.5].map(Math.ceil).length + AbortSignal.any(signals).reason);
}
`;

/** Fields of a record that its transitions alone write (lib/transfer/record). */
const KEPT_FIELDS = [
  'status',
  'ending',
  'toAbort',
  'creating',
  'upload',
  'heldUntil',
  'announced',
  'stagedObject',
  'promotions',
  'run',
  'sealedRun',
  'deadlineAt',
];

const CHANGES: Readonly<Record<string, (field: string) => string>> = {
  set: (field) => `export const planted = (record: object) => ({ ...record, other: 1, ${field}: 1 });`,
  short: (field) => `export const planted = (record: object, ${field}: string) => ({ ...record, ${field} });`,
  removed: (field) =>
    `export const planted = ({ other, ${field}: gone, ...rest }: Record<string, string>) => [other, gone, rest];`,
};

const NO_CHANGE = `export const read = ({ status, upload }: Record<string, string>) => [status, upload];
export const made = (run: number) => ({ type: 'failed', run, ...(run > 1 ? { upload: 'u' } : {}) });
export const other = (record: object) => ({ ...record, requeues: 1, detail: { status: 1 } });
`;

/** What the linter refuses, by file: `rule` for each error. */
let refused: Map<string, string[]>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-lint-bans-'));
  await copyFile(join(ROOT, 'biome.json'), join(folder, 'biome.json'));
  await copyFile(join(ROOT, '.gitignore'), join(folder, '.gitignore'));
  await cp(join(ROOT, 'tools/lint'), join(folder, 'tools/lint'), { recursive: true });
  const plant = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const room of ROOMS) {
    for (const name of DENIED) {
      await plant(`${room}/global-${kebab(name)}.ts`, `export const planted = ${name};\n`);
    }
    for (const [name, code] of Object.entries(HIDDEN)) {
      await plant(`${room}/${name}.ts`, `${code}\n`);
    }
    await plant(`${room}/allowed.ts`, ALLOWED);
  }
  for (const field of KEPT_FIELDS) {
    for (const [way, code] of Object.entries(CHANGES)) {
      await plant(`lib/pipeline/${way}-${kebab(field)}.ts`, `${code(field)}\n`);
      await plant(`lib/transfer/record/${way}-${kebab(field)}.ts`, `${code(field)}\n`);
    }
  }
  for (const room of ['lib/local', 'lib/aws', 'lib/transfer/decide'])
    await plant(`${room}/set-status.ts`, `${CHANGES['set']?.('status')}\n`);
  await plant('lib/local/no-change.ts', NO_CHANGE);
  await plant('lib/local/console.ts', "console.log('planted');\n");
  await plant('lib/local/default.ts', 'export default 1;\n');
  await plant('lib/local/clock.ts', 'export const planted = [Date.now(), Math.random(), process.pid];\n');
  await plant(
    'lib/local/floating.ts',
    'async function late(): Promise<void> {\n  await Promise.resolve();\n}\nexport function planted(): void {\n  late();\n}\n',
  );
  refused = await lint(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function kebab(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
}

async function lint(cwd: string): Promise<Map<string, string[]>> {
  const bin = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const args = [bin, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const stdout = await new Promise<string>((resolve, reject) => {
    // It exits with 1 when it found something: only an answer that is no JSON is a failure of the run.
    execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) =>
      out.startsWith('{') ? resolve(out) : reject(new Error(err, { cause: error })),
    );
  });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { category: string; severity: string; location: { path: string } }[];
  };
  const byFile = Map.groupBy(
    diagnostics.filter(({ severity }) => severity === 'error'),
    ({ location }) => location.path,
  );
  return new Map([...byFile].map(([path, found]) => [path, found.map(({ category }) => category)]));
}

describe.each(ROOMS)('%s', (room) => {
  test.each(DENIED)('may not touch %s', (name) => {
    expect(refused.get(`${room}/global-${kebab(name)}.ts`)).toContain('lint/style/noRestrictedGlobals');
  });

  test.each(Object.keys(HIDDEN))('may not reach chance or time by %s', (name) => {
    expect(refused.get(`${room}/${name}.ts`)).toContain('plugin');
  });

  test('may calculate and pass signals on', () => {
    expect(refused.get(`${room}/allowed.ts`)).toBeUndefined();
  });
});

describe('a record', () => {
  test.each(KEPT_FIELDS)('has its %s written by its transitions alone', (field) => {
    for (const way of Object.keys(CHANGES)) {
      expect(refused.get(`lib/pipeline/${way}-${kebab(field)}.ts`)).toContain('plugin');
      expect(refused.get(`lib/transfer/record/${way}-${kebab(field)}.ts`) ?? []).not.toContain('plugin');
    }
  });

  test.each(['lib/local', 'lib/aws', 'lib/transfer/decide'])('is not written in %s either', (room) => {
    expect(refused.get(`${room}/set-status.ts`)).toContain('plugin');
  });

  test('may be read, and other things may have fields of the same names', () => {
    expect(refused.get('lib/local/no-change.ts') ?? []).not.toContain('plugin');
  });
});

describe('anywhere in lib', () => {
  test.each([
    ['console', 'lint/suspicious/noConsole'],
    ['default', 'lint/style/noDefaultExport'],
    ['floating', 'lint/nursery/noFloatingPromises'],
  ])('%s is refused', (file, rule) => {
    expect(refused.get(`lib/local/${file}.ts`)).toContain(rule);
  });

  test('outside of the two rooms, time and chance are allowed', () => {
    expect(refused.get('lib/local/clock.ts')).toBeUndefined();
  });

  test('the bans that matter most are among those planted', () => {
    expect(DENIED).toEqual(expect.arrayContaining(['Date', 'setTimeout', 'setInterval', 'setImmediate', 'process']));
    expect(DENIED).toEqual(expect.arrayContaining(['performance', 'crypto', 'globalThis']));
  });
});
