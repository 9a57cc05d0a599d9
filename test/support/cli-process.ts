import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../bin/piecework.js', import.meta.url));

const PROGRESS_LINES = /^(\d+%, \d.*|asking the source|checking, and moving into place)\n/gm;

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  /** Without the progress lines, which come when they come. */
  readonly stderr: string;
}

/**
 * The real binary in a process of its own, with nothing of the caller's environment but the path
 * and where compiled code is kept.
 */
export interface CliProcess {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface CliOptions {
  readonly cwd: string;
  /** @default of this checkout */
  readonly binary?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** `pipe`: written by the test. Otherwise a command of the shell, whose output is piped into it. @default nothing */
  readonly stdin?: 'pipe' | { readonly from: string };
}

export function startCli(args: readonly string[], options: CliOptions): CliProcess {
  const { cwd, environment, stdin, binary = BINARY } = options;
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const command = [process.execPath, '--no-warnings', binary, ...args];
  const [program = '', ...rest] =
    typeof stdin === 'object' ? ['sh', '-c', `${stdin.from} | "$@"`, 'sh', ...command] : command;
  const child = spawn(program, rest, {
    cwd,
    stdio: [stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    env: { PATH, NODE_COMPILE_CACHE, HOME: cwd, LANG: 'C.UTF-8', ...environment },
  });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([exitCode, signal]) => ({
    exitCode: exitCode as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: Buffer.concat(stdout),
    stderr: stderr.replace(PROGRESS_LINES, ''),
  }));
  return { process: child, ended };
}

/** Waits until it is so, or the process has ended; false where that came first. */
export async function reached(isSo: () => boolean, cli: CliProcess): Promise<boolean> {
  let hasEnded = false;
  void cli.ended.then(() => {
    hasEnded = true;
  });
  while (!isSo() && !hasEnded) await sleep(1);
  return !hasEnded;
}
