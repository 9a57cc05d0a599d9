import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface RelayLimits {
  /** Of each connection. */
  readonly bytesPerSecond: number;
  /** Every so manieth connection gets a hundredth of that. Default: none. */
  readonly slowEvery?: number;
}

/** Stands before a port of this machine, in a process of its own. */
export async function startLimitedRelay(
  toPort: number,
  { bytesPerSecond, slowEvery }: RelayLimits,
): Promise<AsyncDisposable & { readonly port: number }> {
  const script = fileURLToPath(new URL('./limited-relay-process.ts', import.meta.url));
  const numbers = [toPort, bytesPerSecond, ...(slowEvery === undefined ? [] : [slowEvery])].map(String);
  const child = spawn(process.execPath, ['--no-warnings', script, ...numbers], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    port: Number(line),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}
