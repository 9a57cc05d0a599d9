import type { LookupFunction } from 'node:net';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { readOrdinarySync, USER_FILE } from '../../disk/ordinary-file.ts';
import { withoutEchoes } from '../../sources/echoes.ts';
import { fileSource } from '../../sources/file.ts';
import { lazySource } from '../../sources/lazy.ts';
import type { Source } from '../../sources/source.ts';
import { stdinSource } from '../../sources/stdin.ts';
import type { SourceStore } from '../../transfer/locators.ts';
import { stated } from '../../values/stated.ts';
import type { HttpOptions, LocalOptions, SshOptions } from '../api.ts';
import type { OutsideCredentials } from './credentials.ts';
import { withCredentials } from './credentials.ts';
import { secretReaderOf } from './secret-references.ts';

/** What HTTP's settings came to, which hold for every other scheme where they mean something. */
export interface ConnectionSettings extends Omit<HttpOptions, 'caFile' | 'proxy'> {
  /** PEM text. */
  readonly ca?: string;
  readonly lookup?: LookupFunction;
}

/** Every source of one machine, with the credentials that lie ready there. */
export function localSources(
  http: Source,
  options: LocalOptions,
  settings: ConnectionSettings,
  environment: NodeJS.ProcessEnv,
): readonly Source[] {
  const home = environment['HOME'] || homedir();
  const { connectTimeoutMs, headersTimeoutMs, stallTimeoutMs, minBytesPerSecond, lookup, ca } = settings;
  const net = stated({ connectTimeoutMs, headersTimeoutMs, stallTimeoutMs, minBytesPerSecond, lookup });
  const caFile = options.http?.caFile ?? options.s3?.caFile;
  const credentials = outsideCredentials(options, environment, home);
  const all = [
    http,
    lazySource(['ftp', 'ftps', 'ftpes'], async () => {
      const { ftpSource } = await import('../../sources/ftp/source.ts');
      return ftpSource({ ...net, ...stated({ ca }) });
    }),
    lazySource(['sftp'], async () => {
      const { sftpSource } = await import('../../sources/sftp/source.ts');
      return sftpSource({ ...net, ...sshOptions(options.ssh ?? {}, environment, home) });
    }),
    lazySource(['s3'], async () => {
      const { s3Source } = await import('../../sources/s3/source.ts');
      return s3Source({
        store: storeOf(options.sourceS3 ?? {}, environment),
        ...stated({ connectTimeoutMs, headersTimeoutMs, stallTimeoutMs, minBytesPerSecond, caFile }),
      });
    }),
    fileSource(),
  ];
  return [
    ...all.map((source) => withCredentials(withoutEchoes(source), credentials)),
    stdinSource(() => inputOf(options.stdin)),
  ];
}

function inputOf(stdin: Readable | undefined): Readable {
  return stdin ?? process.stdin;
}

function outsideCredentials(
  { netrc, ssh }: LocalOptions,
  environment: NodeJS.ProcessEnv,
  home: string,
): OutsideCredentials {
  const secret = secretReaderOf(environment, home);
  const { identityFile, passphrase } = ssh ?? {};
  return {
    secret,
    ...(netrc === true ? { netrcFile: environment['NETRC'] || join(home, '.netrc') } : {}),
    ...(identityFile === undefined
      ? {}
      : { identity: { file: identityFile, ...(passphrase === undefined ? {} : { passphrase: secret(passphrase) }) } }),
  };
}

/** Where `ssh` looks. Without a key of one's own: the agent, then the keys that lie ready and are not encrypted. */
function sshOptions({ knownHostsFile }: SshOptions, environment: NodeJS.ProcessEnv, home: string) {
  const agentSocket = environment['SSH_AUTH_SOCK'] || undefined;
  const folder = join(home, '.ssh');
  const usual = [join(folder, 'known_hosts'), join(folder, 'known_hosts2'), '/etc/ssh/ssh_known_hosts'];
  return {
    knownHostsFiles: knownHostsFile === undefined ? usual : [knownHostsFile],
    identities: () => ['id_ed25519', 'id_ecdsa', 'id_rsa'].flatMap((name) => readIfThere(join(folder, name))),
    ...stated({ agentSocket, defaultUser: userName() }),
  };
}

/** Not every user has a name: in a container, often only a number. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): readonly string[] {
  try {
    return [readOrdinarySync(path, USER_FILE)];
  } catch {
    return [];
  }
}

/** The environment's endpoint holds for both ends; who means one of them says so. */
function storeOf(store: SourceStore, environment: NodeJS.ProcessEnv): SourceStore {
  const endpoint =
    store.endpoint ?? (environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'] || undefined);
  return { ...store, ...stated({ endpoint }) };
}
