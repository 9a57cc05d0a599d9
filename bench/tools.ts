import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from './measure.ts';
import type { Store } from './servers.ts';

export type Place =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 's3'; readonly store: Store; readonly key: string };

/** One transfer, as every tool is asked to do it. */
export interface Job {
  /** `http:` or `https:`, ending with the file's name. */
  readonly url: string;
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
/** versitygw answers `Expect: 100-continue` only with the end: rclone would wait a second for each part. */
const RCLONE = ['--config', '', '--retries', '1', '--expect-continue-timeout', '0'];

/** Piecework first, then its peers. */
export const TOOLS: readonly Tool[] = [
  { name: 'piecework', programs: ['node'], command: (job) => pieceworkCommand(job) },
  {
    name: 'curl',
    programs: ['curl'],
    command: ({ to, ...job }) =>
      to.kind === 'file' ? { program: 'curl', args: [...curl(job), '-o', to.path] } : undefined,
  },
  {
    // As safe from a power failure as what Piecework leaves.
    name: 'curl, then fsync',
    programs: ['curl', 'sync'],
    command: ({ to, ...job }) =>
      to.kind === 'file' ? shell([['curl', ...curl(job), '-o', to.path]], ['sync', to.path]) : undefined,
  },
  {
    name: 'wget',
    programs: ['wget'],
    command: ({ to, ...job }) =>
      to.kind === 'file'
        ? { program: 'wget', args: ['--no-config', '-q', `--ca-certificate=${job.caFile}`, '-O', to.path, job.url] }
        : undefined,
  },
  {
    name: 'aria2c -x16 -s16',
    programs: ['aria2c'],
    command: ({ to, ...job }) =>
      to.kind === 'file'
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
    name: 'rclone copyurl',
    programs: ['rclone'],
    command: ({ to, ...job }) => ({
      program: 'rclone',
      args: ['copyurl', ...RCLONE, '--ca-cert', job.caFile, job.url, remote(to), ...upload(to)],
      environment: environmentOf(to),
    }),
  },
  {
    name: 'rclone copyto',
    programs: ['rclone'],
    command: ({ to, ...job }) => {
      const at = job.url.lastIndexOf('/') + 1;
      const threads = to.kind === 'file' ? ['--multi-thread-streams', '16', '--multi-thread-cutoff', '1Mi'] : [];
      return {
        program: 'rclone',
        args: [
          'copyto',
          ...RCLONE,
          '--ca-cert',
          job.caFile,
          '--http-url',
          job.url.slice(0, at),
          ...threads,
          ...upload(to),
          `:http:${job.url.slice(at)}`,
          remote(to),
        ],
        environment: environmentOf(to),
      };
    },
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

function curl({ url, caFile }: Pick<Job, 'url' | 'caFile'>): string[] {
  return ['-q', '-sS', '--fail', '--cacert', caFile, url];
}

function remote(to: Place): string {
  return to.kind === 'file' ? to.path : `:s3:${to.store.bucket}/${to.key}`;
}

/** Parts of 8 MiB, 8 at a time, as Piecework sends them. */
function upload(to: Place): string[] {
  return to.kind === 'file'
    ? []
    : ['--s3-chunk-size', '8Mi', '--s3-upload-concurrency', '8', '--s3-upload-cutoff', '16Mi', '--s3-no-check-bucket'];
}

function environmentOf(to: Place): Record<string, string> {
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
function shell(
  pipeline: readonly (readonly string[])[],
  then?: readonly string[],
  environment: Record<string, string> = {},
): Command {
  const quoted = (words: readonly string[]) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const script = `set -e -o pipefail; ${pipeline.map(quoted).join(' | ')}${then === undefined ? '' : `; ${quoted(then)}`}`;
  return { program: 'bash', args: ['-c', script], environment };
}

/** Programs that were found, by name, with their versions. */
export type Versions = ReadonlyMap<string, string>;

export async function findVersions(): Promise<Versions> {
  const versions = new Map<string, string>();
  for (const program of new Set(TOOLS.flatMap(({ programs }) => programs))) {
    const version = program === 'node' ? process.version : await versionOf(program);
    if (version !== undefined) versions.set(program, version);
  }
  return versions;
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version']);
    return /\d+\.\d[\w.-]*/.exec(stdout)?.[0] ?? 'unknown version';
  } catch {
    return undefined;
  }
}
