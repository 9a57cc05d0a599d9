import ssh2 from 'ssh2';
import { fingerprintOf } from '../../lib/sources/sftp/known-hosts.ts';

export interface SshKey {
  /** As in `~/.ssh/id_ed25519`. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
  readonly fingerprint: string;
}

export function sshKey(passphrase?: string): SshKey {
  const pair = ssh2.utils.generateKeyPairSync(
    'ed25519',
    passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 1 },
  );
  // One in some hundreds that it makes it can't read itself.
  if (ssh2.utils.parseKey(pair.private, passphrase) instanceof Error) return sshKey(passphrase);
  const bytes = Buffer.from(pair.public.split(' ')[1] ?? '', 'base64');
  return { privateKey: pair.private, publicKey: pair.public, fingerprint: fingerprintOf(bytes) };
}

export function knownHostsLine(port: number, key: SshKey): string {
  return `[127.0.0.1]:${port} ${key.publicKey}\n`;
}
