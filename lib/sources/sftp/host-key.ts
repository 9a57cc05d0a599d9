import { readUserFileIfThere } from '../../disk/user-file.ts';
import type { PieceworkError } from '../../errors/error.ts';
import { sftpError } from './errors.ts';
import { fingerprintOf, KnownHosts, kindOf } from './known-hosts.ts';
import type { SftpTarget } from './url.ts';

/** Decides whether the server is the one that was meant. Nothing is accepted because it is the first. */
export interface HostCheck {
  /** In the order in which the server is to offer its keys. */
  readonly algorithms: readonly string[];
  /** `undefined` = it is the one. */
  refuse(key: Buffer): PieceworkError | undefined;
}

/** ssh2's own order. */
const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

export function hostCheck(target: SftpTarget, knownHostsFiles: readonly string[]): HostCheck {
  if (target.fingerprint !== undefined) {
    return { algorithms: ALGORITHMS, refuse: (key) => wrongFingerprint(target, key) };
  }
  const known = new KnownHosts(knownHostsFiles.map(listOf).join('\n'));
  const kinds = known.kindsOf(target.host, target.port);
  const isKnown = (algorithm: string) => kinds.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return {
    // A server has keys of several kinds; asked for one that is not in the list it would look like a stranger.
    algorithms: [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter((algorithm) => !isKnown(algorithm))],
    refuse: (key) => stranger(target, known, key),
  };
}

function listOf(path: string): string {
  return readUserFileIfThere(path, `the list of known hosts ${path}`) ?? '';
}

function wrongFingerprint(target: SftpTarget, key: Buffer): PieceworkError | undefined {
  const found = fingerprintOf(key);
  if (found === target.fingerprint) return undefined;
  return sftpError(
    'HostKeyChanged',
    target,
    `the key of ${target.host} is ${found} (${kindOf(key)}), and ${target.fingerprint} was expected: it is another server, or one that stands in between`,
  );
}

function stranger(target: SftpTarget, known: KnownHosts, key: Buffer): PieceworkError | undefined {
  const { host, port } = target;
  const found = `${fingerprintOf(key)} (${kindOf(key)})`;
  switch (known.judge(host, port, key)) {
    case 'known':
      return undefined;
    case 'unknown':
      return sftpError(
        'HostKeyUnknown',
        target,
        `the host ${host}, port ${port}, is not known; its key is ${found}. If its owner says the same, accept it with ` +
          `--host-fingerprint ${fingerprintOf(key)} (in the API: source.hostFingerprint), or, on one machine, put it into known_hosts (ssh-keyscan -p ${port} ${host})`,
      );
    case 'changed':
      return sftpError(
        'HostKeyChanged',
        target,
        `the key of ${host}, port ${port}, is ${found}, and known_hosts has another: it is another server, or one that stands in between. ` +
          `If its owner says that the key was changed, remove the old one (ssh-keygen -R ${port === 22 ? host : `"[${host}]:${port}"`})`,
      );
    case 'revoked':
      return sftpError('HostKeyChanged', target, `the key of ${host}, ${found}, is marked as revoked in known_hosts`);
  }
}
