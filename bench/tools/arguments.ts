import type { Command } from '../measuring/measure.ts';
import type { Job, Place } from './job.ts';

type Source = Pick<Job, 'url' | 'caFile' | 'ssh'>;

/** `http` for both of its kinds. */
export function schemeOf({ url }: Pick<Job, 'url'>): 'http' | 'ftp' | 'sftp' {
  const scheme = new URL(url).protocol.slice(0, -1);
  return scheme === 'ftp' || scheme === 'sftp' ? scheme : 'http';
}

/** The server's key is not what is measured. */
export const LOG_IN_WITH_SSH = [
  '-F/dev/null',
  '-oStrictHostKeyChecking=no',
  '-oUserKnownHostsFile=/dev/null',
  '-oIdentitiesOnly=yes',
  '-oLogLevel=ERROR',
];

export function curl({ url, caFile, ssh }: Source): string[] {
  const key = ssh === undefined ? [] : ['-k', '--key', ssh.identityFile, '--pubkey', `${ssh.identityFile}.pub`];
  return ['-q', '-sS', '--fail', '--cacert', caFile, ...key, url];
}

export function lftpScript({ url, ssh }: Source, path: string): string {
  const program = ssh === undefined ? '' : ['ssh', '-a', '-x', ...LOG_IN_WITH_SSH, '-i', ssh.identityFile].join(' ');
  const enter = ssh === undefined ? '' : `set sftp:connect-program "${program}"; `;
  // Without a password it would ask for one.
  const from = ssh === undefined ? url : url.replace('@', ':none@');
  return `${enter}pget -n 8 "${from}" -o "${path}"`;
}

/** versitygw answers `Expect: 100-continue` only with the end: rclone would wait a second for each part. */
export const RCLONE = ['--config', '', '--retries', '1', '--expect-continue-timeout', '0'];

/** The source as rclone names it, and how it gets at it. */
export function rcloneSource(job: Source, toFile: boolean): string[] {
  const { protocol, username, hostname, port, pathname, href } = new URL(job.url);
  const at = href.lastIndexOf('/') + 1;
  const threads = toFile ? ['--multi-thread-streams', '16', '--multi-thread-cutoff', '1Mi'] : [];
  switch (protocol) {
    case 'ftp:':
      // vsftpd answers 426 when it is hung up on in the middle of a file, which rclone
      // takes for a failure of the whole.
      return ['--multi-thread-streams', '0', `:ftp,host=${hostname},port=${port},user=anonymous:${pathname.slice(1)}`];
    case 'sftp:':
      return [
        ...threads,
        `:sftp,host=${hostname},port=${port},user=${username},key_file=${job.ssh?.identityFile}:${pathname}`,
      ];
    default:
      return ['--ca-cert', job.caFile, '--http-url', href.slice(0, at), ...threads, `:http:${href.slice(at)}`];
  }
}

export function remote(to: Place): string {
  return to.kind === 'file' ? to.path : `:s3:${to.store.bucket}/${to.key}`;
}

/** Parts of 8 MiB, 8 at a time, as Piecework sends them. */
export function upload(to: Place): string[] {
  return to.kind === 'file'
    ? []
    : ['--s3-chunk-size', '8Mi', '--s3-upload-concurrency', '8', '--s3-upload-cutoff', '16Mi', '--s3-no-check-bucket'];
}

export function environmentOf(to: Place): Record<string, string> {
  if (to.kind === 'file') return {};
  const { store } = to;
  return {
    ...store.environment,
    RCLONE_S3_PROVIDER: 'Other',
    RCLONE_S3_ENV_AUTH: 'true',
    RCLONE_S3_ENDPOINT: store.endpoint,
    RCLONE_S3_REGION: store.region,
  };
}

/** A pipeline, and a command after it. */
export function shell(
  pipeline: readonly (readonly string[])[],
  then?: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Command {
  const quoted = (words: readonly string[]) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const script = `set -e -o pipefail; ${pipeline.map(quoted).join(' | ')}${then === undefined ? '' : `; ${quoted(then)}`}`;
  return { program: 'bash', args: ['-c', script], environment };
}
