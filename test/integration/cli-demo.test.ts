import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCli } from '../support/cli-process.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-demo-test-'));
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

test('the demo kills its copy, which goes on, is equal, and leaves nothing behind', async () => {
  const temporary = join(home, 'tmp');
  await mkdir(temporary);
  // Settings of the caller's own are not to disturb it.
  const environment = { TMPDIR: temporary, PIECEWORK_PARALLEL: 'nonsense', HTTP_PROXY: 'http://127.0.0.1:1' };
  const { exitCode, stdout, stderr } = await startCli(['demo', '--size', '64MiB'], { cwd: home, environment }).ended;
  expect(stderr).toMatch(/\nKilled half-way \(SIGKILL\), and now the same command again:\n/);
  expect(stderr).toMatch(/\nresuming [0-9A-Z]{26}: \d+ of 16 pieces present\n/);
  expect(stdout.toString()).toMatch(/\nSHA-256 is equal: +[0-9a-f]{64}\n/);
  expect(stdout.toString()).toContain('\n  npx piecework copy https://host/path/file\n');
  expect(exitCode).toBe(0);
  expect(await readdir(temporary)).toEqual([]);
  expect(await readdir(home)).toEqual(['tmp']);
});

test('the demo, interrupted, takes its copy, its server and its files with it', async () => {
  const cli = startCli(['demo', '--size', '64MiB'], { cwd: home, environment: { TMPDIR: home } });
  await new Promise<void>((resolve) => {
    cli.process.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('pieces of')) resolve();
    });
  });
  cli.process.kill('SIGTERM');
  // It ends only when each process that writes to its stderr has: its copy does, too.
  const { exitCode, stderr } = await cli.ended;
  expect(exitCode).toBe(130);
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('piecework: interrupted');
  expect(await readdir(home)).toEqual([]);
});

test('bash completes verbs, options and what is to choose from', async () => {
  const { stdout } = await startCli(['completion', 'bash'], { cwd: home }).ended;
  const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _piecework; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const bash = spawn('bash', ['--norc', '-c', `${stdout.toString()}\n${script}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await Promise.all([text(bash.stdout), once(bash, 'close')]);
    return output.split('\n').filter((line) => line !== '');
  };
  expect(await complete('piecework', 'co')).toEqual(['copy', 'console', 'completion']);
  expect(await complete('piecework', 'copy', '--if-exists', '')).toEqual(['replace', 'fail', 'if-changed']);
  expect(await complete('piecework', 'cp', '--expect-sha')).toEqual([
    '--expect-sha256',
    '--expect-sha512',
    '--expect-sha1',
  ]);
  // Files, by bash itself.
  expect(await complete('piecework', 'copy', '--ca-file', '')).toEqual([]);
  expect(await complete('piecework', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
});
