import { startServerProcess } from './server-process.ts';

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
  const server = await startServerProcess(
    new URL('./limited-relay-process.ts', import.meta.url),
    toPort,
    bytesPerSecond,
    ...(slowEvery === undefined ? [] : [slowEvery]),
  );
  return { port: Number(server.line), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
