import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram, startDaemon } from './daemon.ts';
import type { SharedFolder } from './ftp-server.ts';
import { sharedFolder } from './ftp-server.ts';
import type { SshKey } from './ssh-keys.ts';
import { sshKey } from './ssh-keys.ts';

export interface Sshd extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly folder: SharedFolder;
  /** The account that runs the tests. */
  readonly user: string;
  readonly hostKey: SshKey;
  /** Lets the user in. */
  readonly userKey: SshKey;
}

export interface SshdOptions {
  /** Lines of sshd_config, before the others: the first one of a kind counts. */
  readonly settings?: readonly string[];
  /** A command that is given this one to run. @default none */
  readonly runBy?: readonly string[];
}

/** OpenSSH's own server, for the user who runs the tests, by key. @throws ServerMissing */
export async function sshd(): Promise<(options?: SshdOptions) => Promise<Sshd>> {
  const how = 'apt-get install openssh-server';
  const [command, sftpServer] = [await findProgram('sshd', how), await findProgram('sftp-server', how)];
  return ({ settings = [], runBy = [] } = {}) => start([...runBy, command], sftpServer, settings);
}

async function start(
  [command = '', ...before]: string[],
  sftpServer: string,
  settings: readonly string[],
): Promise<Sshd> {
  const folder = await sharedFolder();
  const own = await mkdtemp(join(tmpdir(), 'piecework-sshd-'));
  const [hostKey, userKey] = [sshKey(), sshKey()];
  await writeFile(join(own, 'host_key'), hostKey.privateKey, { mode: 0o600 });
  await writeFile(join(own, 'authorized_keys'), `${userKey.publicKey}\n`, { mode: 0o600 });
  await chmod(own, 0o700);
  // Root's sshd wants it, and only the system's start script makes it.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const daemon = await startDaemon(command, async (port) => {
    const lines = [
      ...settings,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(own, 'host_key')}`,
      `AuthorizedKeysFile ${join(own, 'authorized_keys')}`,
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'UsePAM no',
      `PidFile ${join(own, 'pid')}`,
      'MaxStartups 100',
      `Subsystem sftp ${sftpServer} -R`,
    ];
    const path = join(own, 'sshd_config');
    await writeFile(path, `${lines.join('\n')}\n`);
    return [...before, '-D', '-e', '-f', path];
  });
  return {
    host: '127.0.0.1',
    port: daemon.port,
    folder,
    user: userInfo().username,
    hostKey,
    userKey,
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await folder[Symbol.asyncDispose]();
      await rm(own, { recursive: true, force: true });
    },
  };
}
