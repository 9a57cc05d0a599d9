import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A script in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** The lines it has printed until now. */
  readonly lines: readonly string[];
  /** Resolves when it has printed one more line than `count`; rejects when it ends before. */
  line(count: number): Promise<string>;
  /** SIGKILL; everything it printed has arrived then. */
  kill(): Promise<void>;
  /** Its exit code. */
  ended(): Promise<number | null>;
}

export function startChild(script: URL, args: readonly string[]): Child {
  const child = spawn(process.execPath, ['--no-warnings', fileURLToPath(script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return {
    process: child,
    lines,
    async line(count) {
      for (;;) {
        const line = lines[count];
        if (line !== undefined) return line;
        const how = await Promise.race([once(child.stdout, 'data').then(() => 'data'), closed.then(() => 'closed')]);
        if (how === 'closed' && lines[count] === undefined) throw new Error(`${script.pathname} ended early`);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
    async ended() {
      await closed;
      return child.exitCode;
    },
  };
}
