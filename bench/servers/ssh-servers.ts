import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshd } from '../../test/support/sshd.ts';
import type { Entrance, SshLogin } from '../tools/job.ts';
import { adopting } from './adopting.ts';
import { startLimitedRelay } from './limited-relay.ts';

export interface SshServers extends AsyncDisposable {
  free(path: string): Entrance;
  /** The same server behind a relay in a process of its own, which limits each connection. */
  limited(path: string): Entrance;
}

/** OpenSSH. @throws ServerMissing */
export async function startSshServers(bytesPerSecond: number): Promise<SshServers> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await (await sshd())({ runBy: await adopting() }));
  const folder = await mkdtemp(join(tmpdir(), 'piecework-bench-ssh-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const identityFile = join(folder, 'key');
  await writeFile(identityFile, server.userKey.privateKey, { mode: 0o600 });
  await writeFile(`${identityFile}.pub`, `${server.userKey.publicKey}\n`);
  const relay = stack.use(await startLimitedRelay(server.port, { bytesPerSecond }));
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
