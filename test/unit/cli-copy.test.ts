import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { CopyRequest, Local, LocalOptions, PlanReport } from '../../lib/index.ts';
import { BAD_SETTINGS, flagsOf } from '../support/bad-settings.ts';
import { testContext } from '../support/cli-context.ts';
import { ID, lastLine, report } from '../support/cli-local.ts';

const plan = { mode: 'pieces', sizeBytes: 40, pieceSizeBytes: 10, pieceCount: 4 } as const;

describe('copy', () => {
  it('puts the place on stdout, alone, and the rest on stderr', async () => {
    const context = testContext({ local: () => ({ copy: async () => report }) });
    expect(await run(['copy', 'https://host/file.bin', '/data/'], context)).toBe(0);
    expect(context.stdout.text).toBe('/data/file.bin\n');
    expect(context.stderr.text).toBe('64 MiB (32 MiB of it now) in 2s, 16 MiB/s; crc32 0badf00d\n');
  });

  it('says nothing on stderr with --quiet, and nothing but bytes on stdout with -', async () => {
    const quiet = testContext({ local: () => ({ copy: async () => report }) });
    await run(['cp', '-q', 'https://host/file.bin'], quiet);
    expect([quiet.stdout.text, quiet.stderr.text]).toEqual(['/data/file.bin\n', '']);
    const piped = testContext({ local: () => ({ copy: async () => report }) });
    await run(['copy', 'https://host/file.bin', '-'], piped);
    expect(piped.stdout.text).toBe('');
  });

  it.each(BAD_SETTINGS)(
    'refuses as usage what no header carries, before anything is opened: %s',
    async (_name, settings) => {
      for (const verb of ['copy', 'plan', 'submit']) {
        const context = testContext({ environment: { PIECEWORK_API_URL: 'http://127.0.0.1:9' } });
        const [flags, flag] = flagsOf(settings);
        expect(await run([verb, ...flags, 'https://host/a', 's3://bucket/a'], context)).toBe(2);
        expect(context.stderr.text).toMatch(/^piecework: --[^\p{Cc}]*\n/u);
        expect(context.stderr.text).toContain(flag);
        expect([context.stdout.text, context.opened]).toEqual(['', []]);
      }
    },
  );

  it('hands everything to the library', async () => {
    const requests: CopyRequest[] = [];
    const context = testContext({
      environment: { PIECEWORK_HEADER: 'Accept: text/plain' },
      local: () => ({
        async copy(request, signal) {
          expect(signal).toBe(context.signal);
          requests.push(request);
          return report;
        },
      }),
    });
    const args = [
      'copy',
      '--parallel',
      '3',
      '--no-clobber',
      '--state-dir',
      '/s',
      '--user-agent',
      'Mozilla/5.0 (X11)',
      '--limit-rate=1MiB',
      '--no-rescue',
      'https://h/f',
      'out',
    ];
    expect(await run(args, context)).toBe(0);
    expect(requests).toEqual([
      {
        source: { url: 'https://h/f', headers: { accept: 'text/plain', 'user-agent': 'Mozilla/5.0 (X11)' } },
        destination: 'out',
        object: {},
        options: { parallelism: 3, ifExists: 'fail', expect: { digests: {} } },
      },
    ]);
    expect(context.opened).toMatchObject([{ stateDir: '/s', limitRate: 1024 ** 2, rescue: false }]);
  });

  it('reads the URL from a file, so that it stands in no process list', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'piecework-url-'));
    const file = join(folder.path, 'link');
    await writeFile(file, 'https://h/f?sig=hunter2\n');
    const urls: string[] = [];
    const local = () => ({
      async copy({ source }: CopyRequest) {
        urls.push(source.url);
        return report;
      },
    });
    expect(await run(['copy', `@${file}`, 'out'], testContext({ local }))).toBe(0);
    expect(urls).toEqual(['https://h/f?sig=hunter2']);
    const missing = testContext({ local });
    expect(await run(['copy', `@${file}.none`, 'out'], missing)).toBe(2);
    expect(missing.stderr.text).toContain(`the file ${file}.none can't be read`);
  });

  it.each([
    ['/data/a\u202ecod.exe', '/data/a\\u202ecod.exe\n'],
    ['/data/a\u001b]0;x\u0007\nforged', '/data/a\\u001b]0;x\\u0007\\u000aforged\n'],
    ['/data/\u0085\u2028é日', '/data/\\u0085\\u2028é日\n'],
  ])('says where %j is on one line that can be printed', async (path, line) => {
    const local = () => ({ copy: async () => ({ ...report, destination: { kind: 'file', path } as const }) });
    const context = testContext({ local });
    expect(await run(['copy', 'https://host/f', '/data/'], context)).toBe(0);
    expect(context.stdout.text).toBe(line);
    const json = testContext({ local });
    expect(await run(['copy', '--json', 'https://host/f', '/data/'], json)).toBe(0);
    expect(lastLine(json.stdout.text)).toMatchObject({ destination: path });
    expect(json.stdout.text).toMatch(/^[\x20-\x7e\né日]*$/);
  });

  it('says what is missing where the source proves no version', async () => {
    const unverified = { ...report, result: { ...report.result, version: 'unverified' as const } };
    const context = testContext({ local: () => ({ copy: async () => unverified }) });
    await run(['copy', 'https://h/f'], context);
    expect(context.stderr.text).toContain('nothing proves that all pieces are of one; --expect-sha256 would');
  });

  it('plans with --dry-run, and copies nothing', async () => {
    const planned: PlanReport = {
      source: 'https://h/f?sig=***',
      finalUrl: 'https://cdn/f',
      destination: { kind: 'file', path: '/data/f' },
      snapshot: {
        sizeBytes: 2048,
        ranges: true,
        validator: { kind: 'strong', etag: '"v1"' },
        digests: {},
        warnings: ['the link expires in 5m'],
      },
      plan: { mode: 'single', sizeBytes: 2048 },
      warnings: ['the link expires in 5m'],
      exists: true,
    };
    for (const args of [['copy', '-n'], ['copy', '--dry-run'], ['plan']]) {
      const context = testContext({ local: () => ({ plan: async () => planned }) });
      expect(await run([...args, 'https://h/f?sig=1'], context)).toBe(0);
      expect(context.stdout.text).toContain('destination: /data/f (exists; would be replaced)\n');
      expect(context.stdout.text).toContain('size:        2 KiB (2048 bytes)\n');
      expect(context.stdout.text).toContain('version:     ETag "v1"\n');
      expect(context.stderr.text).toBe('warning: the link expires in 5m\n');
    }
    const json = testContext({ local: () => ({ plan: async () => planned }) });
    await run(['plan', '--json', 'https://h/f?sig=1'], json);
    expect(lastLine(json.stdout.text)).toMatchObject({
      type: 'result',
      destination: '/data/f',
      plan: planned.plan,
      exists: true,
    });
  });

  it('shows progress on a terminal, and takes it away at the end', async () => {
    const snapshot = { sizeBytes: 40, ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [] } as const;
    const context = testContext({
      isTTY: true,
      environment: { NO_COLOR: '1', LANG: 'C.UTF-8' },
      local: ({ onEvent }) => ({
        async copy() {
          onEvent?.({ type: 'planned', transferId: ID, plan, snapshot, doneThrough: 2, done: [] });
          context.tick();
          return report;
        },
      }),
    });
    await run(['copy', '--verbose', 'https://h/f'], context);
    expect(context.stderr.text).toContain('██··\n 50%');
    expect(context.stderr.text.split('\r\u001b[0J').at(-1)).toMatch(/^64 MiB \(32 MiB of it now\)[^\n]*\n$/);
  });
});

describe('--json', () => {
  const snapshot = { sizeBytes: 40, ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [] } as const;
  const eventful =
    (context: () => ReturnType<typeof testContext>) =>
    ({ onEvent }: LocalOptions): Partial<Local> => ({
      async copy() {
        onEvent?.({ type: 'planned', transferId: ID, plan, snapshot, doneThrough: 0, done: [] });
        onEvent?.({ type: 'piece.started', transferId: ID, pieceNumber: 1, attempt: 1, bytes: 10 });
        for (const bytes of [1, 2, 3]) onEvent?.({ type: 'piece.progress', transferId: ID, pieceNumber: 1, bytes });
        context().tick();
        onEvent?.({ type: 'warning', message: 'look out' });
        return report;
      },
    });

  it('tells events as lines, sums up, and ends with the result', async () => {
    const context = testContext({ local: eventful(() => context) });
    expect(await run(['copy', '--json', 'https://h/f'], context)).toBe(0);
    const lines = context.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.map(({ type }) => type)).toEqual(['planned', 'piece.started', 'progress', 'warning', 'result']);
    expect(lines[2]).toMatchObject({ bytes: 3, sizeBytes: 40, doneCount: 0, pieceCount: 4, inFlight: 1, retries: 0 });
    expect(lines[4]).toMatchObject({
      transferId: ID,
      destination: '/data/file.bin',
      sizeBytes: 67_108_864,
      resumedPieces: 4,
    });
    expect(context.stderr.text).toBe('warning: look out\n');
  });

  it('tells the progress of a piece with --verbose only, and not each time', async () => {
    const context = testContext({ local: eventful(() => context) });
    await run(['copy', '--json', '--verbose', 'https://h/f'], context);
    expect(context.stdout.text.match(/"piece\.progress"/g)).toHaveLength(1);
  });

  it('ends with the error, also where the command line itself is wrong', async () => {
    const failing = testContext({
      local: () => ({
        copy: () =>
          Promise.reject(new PieceworkError('SourceNotFound', 'not there', { details: { sourceStatus: 404 } })),
      }),
    });
    expect(await run(['copy', '--json', '-q', 'https://h/f'], failing)).toBe(3);
    const error = {
      type: 'error',
      code: 'SourceNotFound',
      message: 'not there',
      exitCode: 3,
      details: { sourceStatus: 404 },
    };
    expect(lastLine(failing.stdout.text)).toEqual(error);
    expect(failing.stderr.text).toBe('piecework: not there\n');
    const wrong = testContext();
    expect(await run(['copy', '--json', '--paralel', '3', 'https://h/f'], wrong)).toBe(2);
    expect(lastLine(wrong.stdout.text)).toMatchObject({ type: 'error', code: 'InvalidOption', exitCode: 2 });
  });

  it('is refused where the bytes want stdout', async () => {
    const context = testContext();
    expect(await run(['copy', '--json', 'https://h/f', '-'], context)).toBe(2);
    expect(context.opened).toEqual([]);
  });
});
