import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Beside the path and the locale there is nothing else in it. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a whole process cost, with all processes that it started and waited for. */
export interface Cost {
  readonly wallMs: number;
  /** User and system together. */
  readonly cpuMs: number;
  /** Of a pipeline, that of its largest process. */
  readonly peakRssBytes: number;
}

export interface Measurer {
  /** How, in words. */
  readonly how: string;
  /** Runs a command to its end. Rejects with what it said when it failed. */
  run(command: Command): Promise<Cost>;
}

interface Wrapper {
  readonly how: string;
  readonly program: string;
  /** Of the wrapper, up to the command; it writes one line `user system peak-KiB` into the file. */
  args(file: string): readonly string[];
}

const WRAPPERS: readonly Wrapper[] = [
  {
    how: 'GNU time',
    program: 'time',
    args: (file) => ['--quiet', '--format', '%U %S %M', '--output', file],
  },
  {
    how: "Python's getrusage",
    program: 'python3',
    args: (file) => ['-c', PYTHON, file],
  },
];

const PYTHON = `
import os, sys
child = os.fork()
if child == 0: os.execvp(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], 'w') as file: file.write(f'{used.ru_utime} {used.ru_stime} {used.ru_maxrss}\\n')
sys.exit(os.waitstatus_to_exitcode(status) % 256)
`;

/** The first way of measuring that this machine has. */
export async function findMeasurer(): Promise<Measurer> {
  for (const wrapper of WRAPPERS) {
    const measurer = { how: wrapper.how, run: (command: Command) => measured(wrapper, command) };
    try {
      await measurer.run({ program: 'true', args: [] });
      return measurer;
    } catch {
      // The next one.
    }
  }
  throw new Error('Neither GNU time (apt-get install time) nor python3 is here: nothing can measure a process');
}

let serial = 0;

async function measured(wrapper: Wrapper, { program, args, environment }: Command): Promise<Cost> {
  serial += 1;
  const file = join(tmpdir(), `piecework-cost-${process.pid}-${serial}`);
  try {
    const startedAt = performance.now();
    const child = spawn(wrapper.program, [...wrapper.args(file), program, ...args], {
      env: { ...surroundings(), ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    const [exitCode] = (await once(child, 'close')) as [number | null];
    const wallMs = performance.now() - startedAt;
    if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}: ${said.trim()}`);
    const [user = 0, system = 0, peakKib = 0] = (await readFile(file, 'utf8')).trim().split(' ').map(Number);
    return { wallMs, cpuMs: (user + system) * 1000, peakRssBytes: peakKib * 1024 };
  } finally {
    await rm(file, { force: true });
  }
}

/** What a program needs of our environment to run at all: no proxy, and none of a person's own settings of a tool. */
function surroundings(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? tmpdir(),
    LANG: 'C.UTF-8',
    XDG_CONFIG_HOME: join(tmpdir(), 'piecework-bench-no-settings'),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
