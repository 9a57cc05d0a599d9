import type { Context, Output } from '../../cli/context.ts';
import type { Local, LocalOptions } from '../../lib/index.ts';
import { batchRun } from '../../lib/local/batch/batch-run.ts';

export interface CapturedOutput extends Output {
  text: string;
  isTTY: boolean;
  columns: number;
}

export function capturedOutput(isTTY = false, columns = 80): CapturedOutput {
  return {
    text: '',
    isTTY,
    columns,
    write(text) {
      this.text += text;
    },
  };
}

export interface TestContext extends Context {
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  /** What `openLocal` was called with. */
  readonly opened: LocalOptions[];
  /** The clock, moved by hand. */
  time: number;
  /** Runs whatever is to run again and again, once. */
  tick(): void;
}

/**
 * A command's world without a process: output in memory, time by hand, and a `Local` of which only `local` is there.
 */
export function testContext(
  options: {
    readonly local?: (options: LocalOptions) => Partial<Local>;
    readonly environment?: NodeJS.ProcessEnv;
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly signal?: AbortSignal;
  } = {},
): TestContext {
  const ticks = new Set<() => void>();
  const opened: LocalOptions[] = [];
  const missing = async (): Promise<never> => {
    throw new Error('the test has no such function');
  };
  const context: TestContext = {
    stdout: capturedOutput(options.isTTY, options.columns),
    stderr: capturedOutput(options.isTTY, options.columns),
    // The config file of the machine's user is not to be found.
    environment: { XDG_CONFIG_HOME: '/nonexistent', ...options.environment },
    signal: options.signal ?? new AbortController().signal,
    opened,
    time: 1_700_000_000_000,
    async openLocal(localOptions) {
      opened.push(localOptions);
      return {
        copy: missing,
        batch: (request) => batchRun(request, missing),
        listBatches: async () => [],
        batchStatus: missing,
        cancelBatch: missing,
        retryBatch: missing,
        plan: missing,
        planBatch: missing,
        planFor: missing,
        list: missing,
        hosts: missing,
        status: missing,
        cancel: missing,
        retry: missing,
        serve: missing,
        clean: missing,
        [Symbol.asyncDispose]: async () => undefined,
        ...options.local?.(localOptions),
      };
    },
    now: () => context.time,
    every(_ms, tick) {
      ticks.add(tick);
      return { [Symbol.dispose]: () => void ticks.delete(tick) };
    },
    tick() {
      for (const tick of ticks) tick();
    },
  };
  return context;
}
