import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { DemoOriginOptions } from './origin.ts';
import type { OriginMessage } from './origin-process.ts';

export interface OriginChild extends Disposable {
  readonly url: string;
  readonly sha256: string;
  bytesSent(): number;
  /** Resolves when it has sent so many bytes. */
  sent(bytes: number): Promise<void>;
}

export async function startOriginChild(options: DemoOriginOptions): Promise<OriginChild> {
  // The sources end in .ts, the bundle's files in .cjs.
  const path = fileURLToPath(new URL(`./origin-process${extname(import.meta.url)}`, import.meta.url));
  const child = fork(path, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let bytes = 0;
  const waiting = new Set<() => void>();
  const ready = await new Promise<Extract<OriginMessage, { readonly type: 'ready' }>>((resolve, reject) => {
    child.on('message', (message: OriginMessage) => {
      if (message.type === 'ready') resolve(message);
      else bytes = message.bytes;
      for (const look of waiting) look();
    });
    child.on('error', reject);
    child.on('exit', () => reject(new PieceworkError('Internal', "the demo's server ended too early")));
  });
  return {
    url: ready.url,
    sha256: ready.sha256,
    bytesSent: () => bytes,
    sent: (wanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (bytes < wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    [Symbol.dispose]: () => child.disconnect(),
  };
}

interface Ended {
  readonly exitCode: number | null;
  readonly killed: boolean;
}

export interface CopyChild {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** This same program again, with everything it says where we say ours. */
export function startCopyChild(args: readonly string[], environment: NodeJS.ProcessEnv): CopyChild {
  const program = process.argv[1] ?? '';
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    stdio: 'inherit',
    env: environment,
  });
  return { ended: endOf(child), kill: (signal) => void child.kill(signal) };
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { exitCode, killed: signal === 'SIGKILL' };
}
