import { readFile } from 'node:fs/promises';
import type { ApiClient, RunningServer, TransferDetail } from '../../lib/index.ts';
import { createClient } from '../../lib/index.ts';
import type { CliProcess } from './cli-process.ts';
import { startCli } from './cli-process.ts';

/** `piecework serve` in a process of its own. */
export interface ServerProcess extends CliProcess, AsyncDisposable {
  readonly server: RunningServer;
  readonly token: string;
  readonly client: ApiClient;
  /** Each line of its log so far. */
  readonly lines: readonly Record<string, unknown>[];
  /** The transfer, once it has ended. */
  untilEnded(id: string): Promise<TransferDetail>;
}

export async function startServer(
  cwd: string,
  args: readonly string[] = ['--listen', '127.0.0.1:0'],
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = startCli(['serve', '--json', '--state-dir', `${cwd}/state`, ...args], { cwd, environment });
  const lines: Record<string, unknown>[] = [];
  const server = await new Promise<RunningServer>((resolve, reject) => {
    let text = '';
    child.process.stdout?.on('data', (chunk: Buffer) => {
      text += String(chunk);
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = JSON.parse(text.slice(0, end)) as Record<string, unknown>;
        text = text.slice(end + 1);
        lines.push(line);
        if (line['type'] === 'listening') resolve(line as unknown as RunningServer);
      }
    });
    void child.ended.then(({ exitCode, stderr }) => reject(new Error(`it ended (${exitCode}): ${stderr}`)));
  });
  const token = (await readFile(server.tokenFile, 'utf8')).trim();
  const { url, socket: socketPath } = server;
  const client = createClient({
    url,
    auth: { kind: 'bearer', token },
    ...(socketPath === undefined ? {} : { socketPath }),
  });
  return {
    ...child,
    server,
    token,
    client,
    lines,
    async untilEnded(id) {
      for (;;) {
        const transfer = await client.get(id, { waitSeconds: 20 });
        if (['completed', 'failed', 'cancelled'].includes(transfer.status)) return transfer;
      }
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      child.process.kill('SIGKILL');
      await child.ended;
    },
  };
}
