import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from './certificates.ts';
import { findProgram, startDaemon } from './daemon.ts';
import type { FtpServer } from './ftp-server.ts';
import { sharedFolder } from './ftp-server.ts';

export interface VsftpdOptions {
  readonly tls?: Certificate;
  readonly implicit?: boolean;
  /** Connections of one client. @default no limit */
  readonly maxConnections?: number;
  /** Of each connection. @default no limit */
  readonly bytesPerSecond?: number;
}

/** vsftpd, for anonymous users, on a folder of its own; what is returned starts it. @throws ServerMissing */
export async function vsftpd(): Promise<(options?: VsftpdOptions) => Promise<FtpServer>> {
  const command = await findProgram('vsftpd', 'apt-get install vsftpd');
  return (options = {}) => start(command, options);
}

async function start(command: string, options: VsftpdOptions): Promise<FtpServer> {
  const { tls, implicit, maxConnections, bytesPerSecond } = options;
  const folder = await sharedFolder();
  const own = await mkdtemp(join(tmpdir(), 'piecework-vsftpd-'));
  await mkdir(join(own, 'empty'));
  if (tls !== undefined) {
    await writeFile(join(own, 'cert.pem'), tls.cert);
    await writeFile(join(own, 'key.pem'), tls.key);
  }
  const daemon = await startDaemon(command, async (port) => {
    const settings = {
      listen: 'YES',
      listen_address: '127.0.0.1',
      listen_port: port,
      background: 'NO',
      run_as_launching_user: 'YES',
      seccomp_sandbox: 'NO',
      secure_chroot_dir: join(own, 'empty'),
      anonymous_enable: 'YES',
      anon_root: folder.path,
      anon_world_readable_only: 'NO',
      local_enable: 'NO',
      xferlog_enable: 'NO',
      use_localtime: 'NO',
      ...(bytesPerSecond === undefined ? {} : { anon_max_rate: bytesPerSecond }),
      ...(maxConnections === undefined ? {} : { max_per_ip: maxConnections }),
      ...(tls === undefined
        ? {}
        : {
            ssl_enable: 'YES',
            allow_anon_ssl: 'YES',
            force_anon_logins_ssl: 'YES',
            force_anon_data_ssl: 'YES',
            require_ssl_reuse: 'YES',
            rsa_cert_file: join(own, 'cert.pem'),
            rsa_private_key_file: join(own, 'key.pem'),
            implicit_ssl: implicit === true ? 'YES' : 'NO',
          }),
    };
    const path = join(own, 'vsftpd.conf');
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    await writeFile(path, `${lines.join('\n')}\n`);
    return [path];
  });
  return {
    host: '127.0.0.1',
    port: daemon.port,
    folder,
    user: 'anonymous',
    password: 'me@',
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await folder[Symbol.asyncDispose]();
      await rm(own, { recursive: true, force: true });
    },
  };
}
