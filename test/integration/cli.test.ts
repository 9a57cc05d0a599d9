import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CliProcess, Ended } from '../support/cli-process.ts';
import { reached, startCli } from '../support/cli-process.ts';
import { filesUnder } from '../support/files-under.ts';
import { freePort } from '../support/loopback.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import type { Resource } from '../support/origin-resource.ts';
import { patternBytes } from '../support/pattern.ts';

const MIB = 1024 ** 2;
const SIZE = 8 * MIB + 321;
const PIECES = 9;
const SECRET = 'hunter2hunter2';

let home: string;
/** Where results go: what is left behind is seen here. */
let folder: string;
let origin: Origin;
const running = new Set<CliProcess>();

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-cli-'));
  folder = join(home, 'files');
  await mkdir(folder);
  origin = await startOrigin();
});

afterEach(async () => {
  for (const cli of running) {
    cli.process.kill('SIGKILL');
    await cli.ended;
  }
  await origin[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): CliProcess {
  const cli = startCli(args, { cwd: folder, environment: { HOME: home, ...environment } });
  running.add(cli);
  void cli.ended.then(() => running.delete(cli));
  return cli;
}

const run = (args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended> =>
  start(args, environment).ended;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const WHOLE = sha256(patternBytes(0, SIZE));

const serve = (more: Resource = {}): string => origin.serve('/big.bin', { size: SIZE, etag: '"v1"', ...more });
const bytesSent = (): number => origin.requests.reduce((sum, request) => sum + request.bytesSent, 0);

describe('copy', () => {
  test('into the current folder, under the source’s name; stdout says where', async () => {
    const ended = await run(['copy', serve(), '--piece-size', '1MiB']);
    expect(ended).toMatchObject({ exitCode: 0, signal: null });
    expect(ended.stdout.toString()).toBe(`${join(folder, 'big.bin')}\n`);
    expect(ended.stderr).toMatch(/^8 MiB in [^\n]+; crc32 [0-9a-f]{8}\n$/);
    expect(sha256(await readFile(join(folder, 'big.bin')))).toBe(WHOLE);
    expect(await readdir(folder)).toEqual(['big.bin']);
  });

  test('to stdout: the bytes and nothing else', async () => {
    const { exitCode, stdout, stderr } = await run(['copy', '-q', serve(), '-', '--parallel', '3']);
    expect({ exitCode, stderr, stdout: sha256(stdout) }).toEqual({ exitCode: 0, stderr: '', stdout: WHOLE });
  });

  test('ends silently when nobody reads stdout any more', async () => {
    const cli = start(['copy', serve(), '-']);
    cli.process.stdout?.once('data', () => cli.process.stdout?.destroy());
    expect(await cli.ended).toMatchObject({ exitCode: 141, stderr: '' });
  });

  test('--json: events as lines, the result last', async () => {
    const { exitCode, stdout, stderr } = await run(['copy', '--json', serve(), 'out.bin', '--piece-size', '1MiB']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const lines = stdout
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    const types = lines.map(({ type }) => type);
    expect(types.filter((type) => type === 'piece.done')).toHaveLength(PIECES);
    expect(types[0]).toBe('accepted');
    for (const type of ['planned', 'finalizing', 'completed']) expect(types).toContain(type);
    expect(lines.at(-1)).toMatchObject({ type: 'result', sizeBytes: SIZE, destination: join(folder, 'out.bin') });
  });

  test('settings from the environment and from the config file', async () => {
    await mkdir(join(home, 'config', 'piecework'), { recursive: true });
    const config = { pieceSize: '1MiB', expectSize: SIZE };
    await writeFile(join(home, 'config', 'piecework', 'config.json'), JSON.stringify(config));
    const environment = { XDG_CONFIG_HOME: join(home, 'config'), PIECEWORK_JSON: '1', PIECEWORK_PIECE_SIZE: '4MiB' };
    const planned = async (args: readonly string[], more = {}) =>
      JSON.parse((await run(['plan', ...args, serve()], { ...environment, ...more })).stdout.toString()) as object;
    expect(await planned([])).toMatchObject({ plan: { pieceSizeBytes: 4 * MIB } });
    expect(await planned(['--piece-size', '2MiB'])).toMatchObject({ plan: { pieceSizeBytes: 2 * MIB } });
    expect(await planned([], { PIECEWORK_PIECE_SIZE: '' })).toMatchObject({ plan: { pieceSizeBytes: MIB } });
  });

  test('plan writes nothing, -n neither', async () => {
    for (const args of [['plan'], ['copy', '-n']]) {
      const { exitCode, stdout } = await run([...args, serve()]);
      expect(exitCode).toBe(0);
      expect(stdout.toString()).toContain(`destination: ${join(folder, 'big.bin')}\n`);
      expect(await readdir(folder)).toEqual([]);
    }
    expect(await textsUnder(join(home, '.local'))).toEqual([]);
  });
});

describe('going on', () => {
  const args = (url: string): string[] => ['copy', url, 'big.bin', '--piece-size', '1MiB', '--parallel', '2'];

  async function startHalf(signal: NodeJS.Signals): Promise<Ended> {
    const cli = start(args(serve({ bytesPerSecond: 3 * MIB })));
    await reached(() => bytesSent() >= SIZE / 2, cli);
    cli.process.kill(signal);
    return await cli.ended;
  }

  /** Goes on and says so; returns how many pieces it found. */
  async function finish(): Promise<number> {
    const { exitCode, stderr } = await run(args(serve()));
    expect(exitCode).toBe(0);
    expect(sha256(await readFile(join(folder, 'big.bin')))).toBe(WHOLE);
    expect(await readdir(folder)).toEqual(['big.bin']);
    const match = /^resuming [0-9A-Z]{26}: (\d+) of 9 pieces present\n/.exec(stderr);
    expect(match).not.toBeNull();
    return Number(match?.[1]);
  }

  test('after SIGKILL, with no more sent twice than was in flight and the probes', async () => {
    expect(await startHalf('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
    expect(await readdir(folder)).not.toContain('big.bin');
    expect(await finish()).toBeGreaterThan(0);
    // Two pieces were in flight, and each run began with a probe of at most a window.
    expect(bytesSent() - SIZE).toBeLessThanOrEqual(2 * MIB + 2 * MIB);
  });

  test('what is asked for only now holds as well', async () => {
    await startHalf('SIGKILL');
    const wrong = await run([...args(serve()), '--piece-size', '2MiB', '--expect-sha256', '0'.repeat(64)]);
    expect(wrong.stderr).toMatch(/^warning: the pieces stay at 1 MiB, .*\nresuming /);
    expect(wrong.stderr).toContain('0 was expected; nothing was stored');
    expect(wrong.exitCode).toBe(5);
    expect(await readdir(folder)).not.toContain('big.bin');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('after %s, which says how', async (signal) => {
    const ended = await startHalf(signal);
    expect(ended).toMatchObject({ exitCode: 130, signal: null });
    expect(ended.stderr).toBe('piecework: interrupted; run the same command again to go on\n');
    expect(ended.stdout.toString()).toBe('');
    const list = await run(['list']);
    expect(list.stdout.toString()).toMatch(/ interrupted +8 MiB /);
    expect(await finish()).toBeGreaterThan(0);
  });

  test('retry by the beginning of the id; status shows its pieces', async () => {
    await startHalf('SIGINT');
    const listed = JSON.parse((await run(['list', '--json'])).stdout.toString()) as { transfers: { id: string }[] };
    const id = listed.transfers[0]?.id ?? '';
    const status = await run(['status', id.slice(0, 12)]);
    expect(status.stdout.toString()).toMatch(/\npieces: +\d of 9, /);
    serve();
    const retried = await run(['retry', id.slice(0, 12)]);
    expect(retried).toMatchObject({ exitCode: 0 });
    expect(sha256(await readFile(join(folder, 'big.bin')))).toBe(WHOLE);
  });

  test('not at all when the source has changed: it starts over, and says why', async () => {
    await startHalf('SIGINT');
    const { exitCode, stderr } = await run(args(serve({ etag: '"v2"' })));
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^starting over: [^\n]*"v1"[^\n]*"v2"/);
    expect(await readdir(folder)).toEqual(['big.bin']);
  });

  test('clean gives up what was left, and deletes it', async () => {
    await startHalf('SIGKILL');
    const { exitCode, stderr } = await run(['clean']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '1 transfer cleaned\n' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('cancel from elsewhere ends a running copy', async () => {
    const cli = start(args(serve({ bytesPerSecond: MIB })));
    await reached(() => bytesSent() >= MIB, cli);
    const listed = JSON.parse((await run(['list', '--json'])).stdout.toString()) as {
      transfers: { id: string; isRunning: boolean }[];
    };
    expect(listed.transfers[0]?.isRunning).toBe(true);
    expect(await run(['cancel', listed.transfers[0]?.id ?? ''])).toMatchObject({ exitCode: 0 });
    expect(await cli.ended).toMatchObject({ exitCode: 130, signal: null });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('bad input: one sentence, the right exit code, nothing left behind, no secret told', () => {
  const withSecrets = (url: string): string => `${url.replace('http://', `http://me:${SECRET}@`)}?signature=${SECRET}`;

  interface BadInput {
    readonly what: string;
    readonly exitCode: number;
    readonly says: string;
    readonly args: () => readonly string[] | Promise<readonly string[]>;
    readonly config?: string;
    readonly left?: readonly string[];
  }

  const small = (): string => origin.serve('/small.bin', { size: 1000 });
  const CASES: readonly BadInput[] = [
    { what: 'a malformed URL', exitCode: 2, says: 'URL', args: () => ['copy', `http://me:${SECRET}@[bad/x`] },
    { what: 'no URL at all', exitCode: 2, says: 'URL', args: () => ['copy', 'disk.iso'] },
    {
      what: 'an unsupported scheme',
      exitCode: 2,
      says: 'gopher',
      args: () => ['copy', `gopher://me:${SECRET}@host/x`],
    },
    { what: 'an unknown option', exitCode: 2, says: '--parallel?', args: () => ['copy', `--paralel=${SECRET}`, 'x'] },
    { what: 'a wrong size', exitCode: 2, says: '--piece-size', args: () => ['copy', small(), '--piece-size', 'huge'] },
    {
      what: 'a piece size of nothing',
      exitCode: 2,
      says: '--piece-size',
      args: () => ['copy', small(), '--piece-size=0'],
    },
    {
      what: 'an unknown config key',
      exitCode: 2,
      says: 'bearer?',
      args: () => ['copy', small()],
      config: `{"bearrer":"${SECRET}"}`,
    },
    {
      what: 'a config file that is no JSON',
      exitCode: 2,
      says: 'not JSON',
      args: () => ['list'],
      config: `{"bearer":"${SECRET}`,
    },
    {
      what: 'a bad destination',
      exitCode: 2,
      says: 'ftp://',
      args: () => ['copy', small(), `ftp://me:${SECRET}@host/x`],
    },
    {
      what: 'a destination that exists, with --if-exists fail',
      exitCode: 7,
      says: 'there',
      left: ['there'],
      async args() {
        await writeFile(join(folder, 'there'), 'mine');
        return ['copy', withSecrets(small()), 'there', '--if-exists', 'fail'];
      },
    },
    {
      what: 'a folder that can’t be written',
      exitCode: 6,
      says: 'file',
      left: ['file'],
      async args() {
        await writeFile(join(folder, 'file'), 'no folder');
        return ['copy', small(), 'file/below/out.bin'];
      },
    },
    { what: '404', exitCode: 3, says: '404', args: () => ['copy', withSecrets(`${origin.base}/nothing`), 'out'] },
    {
      what: 'a wrong digest',
      exitCode: 5,
      says: 'sha256',
      args: () => ['copy', withSecrets(serve()), 'out', '--piece-size', '1MiB', '--expect-sha256', '0'.repeat(64)],
    },
    {
      what: 'a wrong size of a small one',
      exitCode: 5,
      says: '1000',
      args: () => ['copy', small(), '--expect-size', '999'],
    },
    {
      what: 'a refused connection',
      exitCode: 4,
      says: '127.0.0.1',
      args: async () => ['copy', withSecrets(`http://127.0.0.1:${await freePort()}/x`), '--max-attempts', '1'],
    },
    { what: 'an id of nothing', exitCode: 8, says: '01J', args: () => ['status', '01J'] },
    {
      what: 'a header that can’t be given',
      exitCode: 2,
      says: 'range',
      args: () => ['copy', small(), '-H', `Range: ${SECRET}`],
    },
  ];

  test.each(CASES)('$what', async ({ exitCode, says, args, config, left = [] }) => {
    const environment: Record<string, string> = { PIECEWORK_HEADER: `X-Secret: ${SECRET}` };
    if (config !== undefined) {
      environment['PIECEWORK_CONFIG'] = join(home, 'config.json');
      await writeFile(join(home, 'config.json'), config);
    }
    const given = await args();
    const plain = await run(given, environment);
    expect(plain.stderr).toMatch(/^piecework: [^\n]+\n$/);
    expect(plain.stderr.toLowerCase()).toContain(says.toLowerCase());
    expect(plain).toMatchObject({ exitCode, signal: null });
    expect(plain.stdout.toString()).toBe('');
    expect((await readdir(folder)).sort()).toEqual(left);
    const verbose = await run([...given, '--verbose'], environment);
    expect(verbose.exitCode).toBe(exitCode);
    for (const text of [plain.stderr, verbose.stderr, ...(await textsUnder(join(home, '.local')))]) {
      expect(text).not.toContain(SECRET);
    }
  });
});

/** Whatever the state folder holds. */
async function textsUnder(path: string): Promise<string[]> {
  const files = await filesUnder(path).catch(() => []);
  return await Promise.all(files.map((file) => readFile(file, 'utf8')));
}
