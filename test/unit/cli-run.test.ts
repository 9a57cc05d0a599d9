import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { stopOnSignals } from '../../cli/signals.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { CopyReport, CopyRequest, Local, LocalOptions, LocalStatus, PlanReport } from '../../lib/index.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { newRecord } from '../../lib/transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { testContext } from '../support/cli-context.ts';

const ID = '01JZ8AAAAAAAAAAAAAAAAAAAAA';
const OTHER = '01JZ8BBBBBBBBBBBBBBBBBBBBB';
const SECRET = 'hunter2hunter2';

const report: CopyReport = {
  transferId: ID,
  destination: { kind: 'file', path: '/data/file.bin' },
  result: { sizeBytes: 64 * 1024 ** 2, crc32: '0badf00d', version: 'validator', digests: {} },
  elapsedMs: 2000,
  fetchedBytes: 32 * 1024 ** 2,
  resumedPieces: 4,
};

function record(id: string, more: Partial<TransferRecord> = {}): TransferRecord {
  const request = {
    source: { url: 'https://host/file.bin', withheld: false },
    destination: { kind: 's3', bucket: 'bucket', key: `key-${id}` },
    object: {},
    options: DEFAULT_OPTIONS,
  } as const;
  return { ...newRecord(id, 'local', request, 1_699_999_000_000), rev: 1, writeId: 'w', ...more };
}

const plan = { mode: 'pieces', sizeBytes: 40, pieceSizeBytes: 10, pieceCount: 4 } as const;
const open: LocalStatus = {
  record: record(ID, {
    status: 'transferring',
    plan,
    trouble: { 3: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' } },
  }),
  isRunning: false,
  pieces: { count: 4, doneCount: 2, doneBytes: 20, parts: [], isDone: (number) => number <= 2 },
};
const ended: LocalStatus = { record: record(OTHER, { status: 'completed', result: report.result }), isRunning: false };

function lastLine(text: string): Record<string, unknown> {
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

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
      '--limit-rate=1MiB',
      '--no-rescue',
      'https://h/f',
      'out',
    ];
    expect(await run(args, context)).toBe(0);
    expect(requests).toEqual([
      {
        source: { url: 'https://h/f', headers: { accept: 'text/plain' } },
        destination: 'out',
        object: {},
        options: { parallelism: 3, ifExists: 'fail', expect: { digests: {} } },
      },
    ]);
    expect(context.opened).toMatchObject([{ stateDir: '/s', limitRate: 1024 ** 2, rescue: false }]);
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

describe('errors', () => {
  const failWith = (error: Error, events: (options: LocalOptions) => void = () => undefined) =>
    testContext({
      local: (options) => ({
        copy() {
          events(options);
          return Promise.reject(error);
        },
      }),
    });

  it('are one sentence, without a stack', async () => {
    const context = failWith(new PieceworkError('SourceTls', 'the certificate has expired'));
    expect(await run(['copy', 'https://h/f'], context)).toBe(4);
    expect(context.stderr.text).toBe('piecework: the certificate has expired\n');
  });

  it('have their stack and causes with --verbose, without secrets', async () => {
    const cause = new Error(`connect https://me:${SECRET}@h/f?sig=${SECRET} failed; authorization: Bearer ${SECRET}`);
    const context = failWith(new PieceworkError('SourceReset', 'reset', { cause }));
    await run(['copy', '--verbose', 'https://h/f'], context);
    expect(context.stderr.text).toContain('caused by: Error: connect https://***@h/f?sig=***');
    expect(context.stderr.text).not.toContain(SECRET);
  });

  it('of ours are called so', async () => {
    const context = failWith(new TypeError('x is not a function'));
    expect(await run(['copy', 'https://h/f'], context)).toBe(1);
    expect(context.stderr.text).toContain('a defect in Piecework; please report it');
  });

  it('can’t forge a line', async () => {
    const context = failWith(new PieceworkError('SourceMalformed', 'bad answer: \u001b[2J\npiecework: all is well'));
    await run(['copy', 'https://h/f'], context);
    expect(context.stderr.text).toBe('piecework: bad answer: �[2J�piecework: all is well\n');
  });

  it('say how to go on where pieces are kept', async () => {
    const reason = { code: 'SourceServerError', message: 'broken' } as const;
    const context = failWith(new PieceworkError('SourceServerError', 'broken'), ({ onEvent }) =>
      onEvent?.({ type: 'failed', transferId: ID, run: 1, reason, heldUntil: '2026-01-01T10:00:00.123Z' }),
    );
    expect(await run(['copy', 'https://h/f'], context)).toBe(3);
    expect(context.stderr.text).toBe(
      `piecework: broken\nthe pieces that are there are kept until 2026-01-01T10:00:00Z: run the same command again, or piecework retry ${ID}\n`,
    );
  });

  it('are silent when nobody reads stdout any more', async () => {
    const closed = new AbortController();
    closed.abort(new PieceworkError('DestinationClosed', 'nobody reads stdout'));
    const context = testContext({
      signal: closed.signal,
      local: () => ({ copy: () => Promise.reject(new PieceworkError('Interrupted', 'interrupted')) }),
    });
    expect(await run(['copy', 'https://h/f', '-'], context)).toBe(141);
    expect(context.stderr.text).toBe('');
  });

  it('of an interruption say how to go on', async () => {
    for (const [args, what] of [
      [['copy', 'https://h/f'], 'run the same command again to go on'],
      [['copy', 'https://h/f', '-'], 'what went to stdout is incomplete'],
    ] as const) {
      const context = failWith(new PieceworkError('Interrupted', 'interrupted'));
      expect(await run(args, context)).toBe(130);
      expect(context.stderr.text).toBe(`piecework: interrupted; ${what}\n`);
    }
  });
});

describe('the command line', () => {
  it.each([
    [['copi', 'x'], 'unknown verb "copi"; did you mean copy?'],
    [[`https://me:${SECRET}@h/f`], 'a URL is no verb; to bring it here: piecework copy URL'],
    [['copy'], 'copy needs SOURCE;'],
    [['copy', 'a', 'b', `https://me:${SECRET}@h/f`], 'copy takes at most 2 arguments, and more were given;'],
    [['copy', '--paralel', '3', 'u'], 'unknown option --paralel; did you mean --parallel?'],
    [['copy', `--bearrer=${SECRET}`, 'u'], 'unknown option --bearrer; did you mean --bearer?'],
    [['copy', '-o', 'file', 'u'], 'unknown option -o: the destination is the second argument'],
    [['copy', '--insecure', 'u'], 'unknown option --insecure: TLS is always checked'],
    [['copy', 'u', '--parallel'], '--parallel needs a value;'],
    [['list', '--parallel', '3'], 'unknown option --parallel;'],
    [['list', 'x'], 'list takes no arguments, and more were given;'],
    [['status'], 'status needs ID;'],
    [['completion', 'csh'], 'completion takes one of bash, zsh, fish;'],
    [['demo', '--size', '1'], '--size: the demo needs a size of at least'],
    [['--json'], 'unknown option --json;'],
  ])('%j is refused in one sentence', async (args, sentence) => {
    const context = testContext();
    expect(await run(args, context)).toBe(2);
    expect(context.stderr.text).toMatch(/^piecework: [^\n]+\n$/);
    expect(context.stderr.text).toContain(sentence);
    expect(context.stderr.text).not.toContain(SECRET);
    expect(context.opened).toEqual([]);
  });

  it('has help and a version', async () => {
    for (const args of [[], ['--help'], ['help'], ['-h']]) {
      const context = testContext();
      expect(await run(args, context)).toBe(0);
      for (const verb of ['copy|cp SOURCE [DEST]', 'retry ID', 'completion SHELL'])
        expect(context.stdout.text).toContain(verb);
    }
    const copy = testContext({ columns: 80 });
    expect(await run(['copy', '--help'], copy)).toBe(0);
    for (const heading of [
      'Transfer:',
      'Proof:',
      'Source:',
      'Connections:',
      'Object:',
      'S3:',
      'Output and state:',
      'Examples:',
    ]) {
      expect(copy.stdout.text).toContain(`\n${heading}\n`);
    }
    const version = testContext();
    expect(await run(['--version'], version)).toBe(0);
    expect(version.stdout.text).toMatch(/^piecework \d+\.\d+\.\d+\n$/);
  });

  it('switches off with --no-', async () => {
    const context = testContext({ environment: { PIECEWORK_JSON: '1' }, local: () => ({ copy: async () => report }) });
    await run(['copy', '--no-json', 'https://h/f'], context);
    expect(context.stdout.text).toBe('/data/file.bin\n');
    const clobber = testContext({
      environment: { PIECEWORK_NO_CLOBBER: '1' },
      local: () => ({
        async copy({ options }) {
          expect(options).not.toHaveProperty('ifExists');
          return report;
        },
      }),
    });
    expect(await run(['copy', '--clobber', 'https://h/f'], clobber)).toBe(0);
  });
});

describe('the other verbs', () => {
  const both = { list: async () => [open, ended], status: async (id: string) => (id === ID ? open : ended) };

  it('list shows a table, or JSON', async () => {
    const context = testContext({ isTTY: true, columns: 80, local: () => both });
    expect(await run(['list'], context)).toBe(0);
    const lines = context.stdout.text.split('\n');
    expect(lines[0]).toMatch(/^ID +STATE +SIZE +AGE +DESTINATION$/);
    expect(lines[1]).toMatch(new RegExp(`^${ID} +interrupted +40 B +16m40s +s3:/`));
    expect(lines[2]).toMatch(new RegExp(`^${OTHER} +completed +64 MiB +16m40s `));
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    const json = testContext({ local: () => both });
    await run(['ls', '--json'], json);
    expect(lastLine(json.stdout.text)).toMatchObject({
      type: 'result',
      transfers: [{ id: ID, isRunning: false, pieces: { doneCount: 2, map: '1100' } }, { id: OTHER }],
    });
    const none = testContext({ local: () => ({ list: async () => [] }) });
    expect(await run(['list'], none)).toBe(0);
    expect([none.stdout.text, none.stderr.text]).toEqual(['', 'no transfers\n']);
  });

  it('status shows one, with its piece map, by the beginning of its id', async () => {
    const context = testContext({ environment: { LANG: 'C.UTF-8' }, local: () => both });
    expect(await run(['status', '01jz8a'], context)).toBe(0);
    expect(context.stdout.text).toContain('state:       interrupted\n');
    expect(context.stdout.text).toMatch(/\n██!·\n$/);
  });

  it('an id that says too little, or nothing, is refused', async () => {
    const several = testContext({ local: () => both });
    expect(await run(['status', '01JZ8'], several)).toBe(2);
    expect(several.stderr.text).toBe(
      `piecework: 2 transfers have an id that begins with "01JZ8": ${ID}, ${OTHER}; give more of it\n`,
    );
    const none = testContext({ local: () => both });
    expect(await run(['cancel', '01JZ9'], none)).toBe(8);
  });

  it('cancel says what became of it', async () => {
    const context = testContext({
      local: () => ({ ...both, cancel: async (id) => record(id, { status: 'cancelled' }) }),
    });
    expect(await run(['cancel', ID.slice(0, 7)], context)).toBe(0);
    expect(context.stdout.text).toBe(`${ID} cancelled\n`);
  });

  it('retry hands over a new source', async () => {
    const calls: unknown[] = [];
    const context = testContext({
      local: () => ({
        ...both,
        async retry(id, options) {
          calls.push([id, options]);
          return report;
        },
      }),
    });
    expect(await run(['retry', ID, '--source', 'https://h/f?sig=2', '-H', 'Accept: x'], context)).toBe(0);
    expect(await run(['retry', ID], context)).toBe(0);
    expect(calls).toEqual([
      [ID, { source: { url: 'https://h/f?sig=2', headers: { accept: 'x' } } }],
      [ID, {}],
    ]);
  });

  it('clean says what it gave up, what it left, and fails with what it could not', async () => {
    const context = testContext({
      local: () => ({
        async clean(options) {
          expect(options).toEqual({ olderThanMs: 86_400_000, history: true });
          const error = new PieceworkError('DestinationDenied', 'no right to abort');
          return {
            cleaned: [record(ID, { status: 'cancelled' })],
            failed: [{ transferId: OTHER, error }],
            running: ['x'],
            forgotten: ['y', 'z'],
          };
        },
      }),
    });
    expect(await run(['clean', '--older-than', '1d', '--history'], context)).toBe(6);
    expect(context.stdout.text).toBe(`${ID} s3://bucket/key-${ID}\n`);
    expect(context.stderr.text).toContain(`${OTHER} not cleaned: no right to abort\n1 transfer left alone: running\n`);
    expect(context.stderr.text).toContain('1 transfer cleaned\n2 ended transfers forgotten\n');
  });
});

describe('signals', () => {
  function listen() {
    const world = { source: new EventEmitter(), stopping: new AbortController(), time: 0, left: 0 };
    const leave = (): void => {
      world.left += 1;
    };
    stopOnSignals(world.source, world.stopping, { now: () => world.time, leave });
    return world;
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s once stops cleanly, twice at once', (signal) => {
    const world = listen();
    world.source.emit(signal);
    expect(world.stopping.signal.reason).toMatchObject({ code: 'Interrupted' });
    expect(world.left).toBe(0);
    world.time = 250;
    world.source.emit('SIGINT');
    expect(world.left).toBe(1);
  });

  it('the echo of npm is not a second one', () => {
    const world = listen();
    world.source.emit('SIGINT');
    world.time = 249;
    world.source.emit('SIGINT');
    expect(world.left).toBe(0);
  });
});
