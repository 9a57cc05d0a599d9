import type { Local, LocalOptions } from '../lib/index.ts';

/** Where text goes: a stream, as far as the command line uses one. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Of a terminal, as it is now. */
  readonly columns?: number;
}

/** The world of one command; tests make their own. */
export interface Context {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C, SIGTERM and a closed stdout. */
  readonly signal: AbortSignal;
  openLocal(options: LocalOptions): Promise<Local>;
  now(): number;
  /** Calls `tick` again and again, until disposed. */
  every(ms: number, tick: () => void): Disposable;
}
