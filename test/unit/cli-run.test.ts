import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { stopOnSignals } from '../../cli/signals.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { LocalOptions } from '../../lib/index.ts';
import { testContext } from '../support/cli-context.ts';
import { ID, report } from '../support/cli-local.ts';

const SECRET = 'hunter2hunter2';

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
    [['copy', 'a', 'b', `https://me:${SECRET}@h/f`], 'the last argument, https://***@h/f, is none: DEST is missing'],
    [['plan', 'a', 'b', `https://me:${SECRET}@h/f`], 'plan takes at most 2 arguments, and more were given;'],
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
