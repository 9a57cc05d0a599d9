import { dirname } from 'node:path';
import type { Command } from '../measuring/measure.ts';
import {
  curl,
  environmentOf,
  LOG_IN_WITH_SSH,
  lftpScript,
  RCLONE,
  rcloneSource,
  remote,
  schemeOf,
  shell,
  upload,
} from './arguments.ts';
import type { Job } from './job.ts';

/** `rclone obscure` of "anonymous@": rclone takes passwords in no other form. */
const NO_PASSWORD = '5U2nyanHxgvqJI2qQG72gs42zkbiZUWiGog';

/** How names end of tools that flush what they wrote. */
export const THEN_SYNC = ', then sync';

export interface Tool {
  readonly name: string;
  /** Programs that it consists of. */
  readonly programs: readonly string[];
  /** `undefined` = it can't do this. */
  command(job: Job): Command | undefined;
}

export function pieceworkCommand(job: Job, more: readonly string[] = []): Command {
  const { to } = job;
  const own = [
    '--quiet',
    '--parallel',
    String(job.connections),
    '--state-dir',
    job.stateFolder,
    '--ca-file',
    job.caFile,
    ...(job.ssh === undefined
      ? []
      : ['--identity', job.ssh.identityFile, '--host-fingerprint', job.ssh.hostFingerprint]),
  ];
  return {
    program: process.execPath,
    args: [
      '--no-warnings',
      job.binary,
      'copy',
      job.url,
      to.kind === 'file' ? to.path : `s3://${to.store.bucket}/${to.key}`,
      ...own,
      ...more,
    ],
    environment: to.kind === 'file' ? {} : to.store.environment,
  };
}

const ARIA2 = [
  '--no-conf',
  '--quiet',
  '-x16',
  '-s16',
  '-k1M',
  '--file-allocation=none',
  '--allow-overwrite=true',
  '--auto-file-renaming=false',
];

export const PIECEWORK: Tool = { name: 'piecework', programs: ['node'], command: (job) => pieceworkCommand(job) };

const OTHERS: readonly Tool[] = [
  {
    name: 'curl',
    programs: ['curl'],
    command: ({ to, ...job }) =>
      to.kind === 'file' ? { program: 'curl', args: [...curl(job), '-o', to.path] } : undefined,
  },
  {
    name: 'wget',
    programs: ['wget'],
    command: ({ to, ...job }) =>
      to.kind === 'file' && schemeOf(job) !== 'sftp'
        ? { program: 'wget', args: ['--no-config', '-q', `--ca-certificate=${job.caFile}`, '-O', to.path, job.url] }
        : undefined,
  },
  {
    // It knows SFTP too, but enters by password only.
    name: 'aria2c -x16 -s16',
    programs: ['aria2c'],
    command: ({ to, ...job }) =>
      to.kind === 'file' && schemeOf(job) !== 'sftp'
        ? {
            program: 'aria2c',
            args: [
              ...ARIA2,
              `--ca-certificate=${job.caFile}`,
              `--dir=${dirname(to.path)}`,
              `--out=${to.path.slice(dirname(to.path).length + 1)}`,
              job.url,
            ],
          }
        : undefined,
  },
  {
    name: 'lftp pget -n 8',
    programs: ['lftp'],
    command: ({ to, ...job }) =>
      to.kind === 'file' && schemeOf(job) !== 'http'
        ? { program: 'lftp', args: ['--norc', '-c', lftpScript(job, to.path)] }
        : undefined,
  },
  {
    name: 'scp',
    programs: ['ssh'],
    command: ({ to, ssh, url }) =>
      to.kind === 'file' && ssh !== undefined
        ? { program: 'scp', args: ['-q', ...LOG_IN_WITH_SSH, '-i', ssh.identityFile, scpSource(url), to.path] }
        : undefined,
  },
  {
    name: 'rclone copyurl',
    programs: ['rclone'],
    command: ({ to, ...job }) =>
      schemeOf(job) === 'http'
        ? {
            program: 'rclone',
            args: ['copyurl', ...RCLONE, '--ca-cert', job.caFile, job.url, remote(to), ...upload(to)],
            environment: environmentOf(to),
          }
        : undefined,
  },
  {
    name: 'rclone copyto',
    programs: ['rclone'],
    command: ({ to, ...job }) => ({
      program: 'rclone',
      args: ['copyto', ...RCLONE, ...rcloneSource(job, to.kind === 'file'), ...upload(to), remote(to)],
      environment: { ...environmentOf(to), RCLONE_FTP_PASS: NO_PASSWORD },
    }),
  },
  {
    name: 'curl, piped into rclone rcat',
    programs: ['curl', 'rclone'],
    command: ({ to, ...job }) =>
      to.kind === 's3'
        ? shell(
            [
              ['curl', ...curl(job)],
              ['rclone', 'rcat', ...RCLONE, ...upload(to), remote(to)],
            ],
            undefined,
            environmentOf(to),
          )
        : undefined,
  },
  {
    name: 'curl, piped into aws s3 cp',
    programs: ['curl', 'aws'],
    command: ({ to, ...job }) =>
      to.kind === 's3'
        ? shell(
            [
              ['curl', ...curl(job)],
              [
                'aws',
                's3',
                'cp',
                '--only-show-errors',
                '--expected-size',
                String(job.sizeBytes),
                '-',
                `s3://${to.store.bucket}/${to.key}`,
              ],
            ],
            undefined,
            environmentOf(to),
          )
        : undefined,
  },
];

const FLUSHED = ['curl', 'aria2c -x16 -s16', 'lftp pget -n 8', 'scp'];

/** Those that bring a file, also with a file that is as safe from a power failure as what Piecework leaves. */
export const PEERS: readonly Tool[] = OTHERS.flatMap((tool) =>
  FLUSHED.includes(tool.name) ? [tool, thenSync(tool)] : [tool],
);

function thenSync(tool: Tool): Tool {
  return {
    name: `${tool.name}${THEN_SYNC}`,
    programs: [...tool.programs, 'sync'],
    command: (job) => {
      const command = tool.command(job);
      if (command === undefined || job.to.kind !== 'file') return undefined;
      return shell([[command.program, ...command.args]], ['sync', job.to.path], command.environment);
    },
  };
}

/** `scp://user@host:port//path`: of a path from the root. */
function scpSource(url: string): string {
  const { username, host, pathname } = new URL(url);
  return `scp://${username}@${host}/${pathname}`;
}
