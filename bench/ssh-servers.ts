import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sshd } from '../test/support/sshd.ts';
import type { Entrance, SshLogin } from './job.ts';

export interface SshServers extends AsyncDisposable {
  free(path: string): Entrance;
  /** The same server behind a relay in a process of its own, which limits each connection. */
  limited(path: string): Entrance;
}

/** OpenSSH. @throws ServerMissing */
export async function startSshServers(bytesPerSecond: number): Promise<SshServers> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await (await sshd())());
  const folder = await mkdtemp(join(tmpdir(), 'piecework-bench-ssh-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const identityFile = join(folder, 'key');
  await writeFile(identityFile, server.userKey.privateKey, { mode: 0o600 });
  await writeFile(`${identityFile}.pub`, `${server.userKey.publicKey}\n`);
  const relay = stack.use(await startRelay(server.port, bytesPerSecond));
  const ssh: SshLogin = { identityFile, hostFingerprint: server.hostKey.fingerprint };
  const at = (port: number, path: string): Entrance => ({
    url: `sftp://${server.user}@127.0.0.1:${port}${path}`,
    ssh,
  });
  const running = stack.move();
  return {
    free: (path) => at(server.port, path),
    limited: (path) => at(relay.port, path),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function startRelay(toPort: number, bytesPerSecond: number): Promise<AsyncDisposable & { port: number }> {
  const script = fileURLToPath(new URL('./limited-relay-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', script, String(toPort), String(bytesPerSecond)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
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
