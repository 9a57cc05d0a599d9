import type { Store } from '../servers/servers.ts';

/** By key only: sshd takes no password of the account that runs the benchmark. */
export interface SshLogin {
  /** Beside it lies the `.pub`. */
  readonly identityFile: string;
  readonly hostFingerprint: string;
}

/** One file by one way. */
export interface Entrance {
  /** Ends with the file's name. */
  readonly url: string;
  /** Of SFTP. */
  readonly ssh?: SshLogin;
}

export type Place =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 's3'; readonly store: Store; readonly key: string };

/** One transfer, as every tool is asked to do it. */
export interface Job extends Entrance {
  readonly caFile: string;
  readonly sizeBytes: number;
  /** Of Piecework; the others take the number that is best for them. */
  readonly connections: number;
  readonly to: Place;
  /** Piecework's script. */
  readonly binary: string;
  /** Of Piecework, new for each job. */
  readonly stateFolder: string;
}
