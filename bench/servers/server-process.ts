import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own, so that its work is not measured as ours. It ends with its standard input. */
export interface ServerProcess extends AsyncDisposable {
  /** What it says of itself once it can be asked. */
  readonly line: string;
}

export async function startServerProcess(script: URL, ...args: readonly (string | number)[]): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--no-warnings', fileURLToPath(script), ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    line,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}

/** In such a process: says where it is. */
export function sayReady(line: string | number): void {
  console.log(line);
  process.stdin.resume().on('end', () => process.exit(0));
}

/** In such a process: listens on any port, and says which. */
export async function listenAndSay(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sayReady((server.address() as AddressInfo).port);
}
