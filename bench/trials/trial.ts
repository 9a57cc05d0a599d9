import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cost, Measurer } from '../measuring/measure.ts';
import type { BenchOrigin, SourceName } from '../servers/origin.ts';
import type { Store } from '../servers/servers.ts';
import { sha256OfFile } from '../servers/servers.ts';
import type { Job, Place } from '../tools/job.ts';

export interface TrialOptions {
  readonly origin: BenchOrigin;
  /** Piecework's script. */
  readonly binary: string;
  readonly measurer: Measurer;
  /** Where files go. */
  readonly folder: string;
  /** What was asked for; each trial has a size of its own. */
  readonly sizeBytes: number | undefined;
  readonly openStore: () => Promise<Store>;
  readonly say: (line: string) => void;
}

/** Runs, and returns its figures as a table. @throws Error when what arrived is not what was sent. */
export type Trial = (options: TrialOptions) => Promise<string>;

export interface JobOptions {
  readonly from: SourceName;
  readonly store: Store | undefined;
  readonly connections: number;
  readonly sizeBytes: number;
}

/** A transfer with a folder of its own, which goes with it. */
export interface TrialJob extends AsyncDisposable {
  readonly job: Job;
  readonly folder: string;
  /** @throws Error */
  checkArrived(): Promise<void>;
}

export async function trialJob(
  { origin, binary, folder }: Pick<TrialOptions, 'origin' | 'binary' | 'folder'>,
  options: JobOptions,
): Promise<TrialJob> {
  const file = await origin.file(options.sizeBytes);
  const own = await mkdtemp(join(folder, 'piecework-trial-'));
  const to: Place =
    options.store === undefined
      ? { kind: 'file', path: join(own, 'out.bin') }
      : { kind: 's3', store: options.store, key: `${own.slice(-6)}.bin` };
  return {
    folder: own,
    job: {
      ...(await origin.entrance(options.from, file)),
      caFile: origin.nginx.caFile,
      sizeBytes: file.sizeBytes,
      connections: options.connections,
      to,
      binary,
      stateFolder: join(own, 'state'),
    },
    async checkArrived() {
      const arrived = to.kind === 'file' ? await sha256OfFile(to.path) : await to.store.sha256(to.key);
      if (arrived !== file.sha256) throw new Error(`${arrived} arrived, ${file.sha256} was sent`);
    },
    async [Symbol.asyncDispose]() {
      if (to.kind === 's3') await to.store.remove(to.key);
      await rm(own, { recursive: true, force: true });
    },
  };
}

/** Of one run: wall s, MiB/s, CPU s, peak RSS MiB. */
export function costCells(sizeBytes: number, { wallMs, cpuMs, peakRssBytes }: Cost): string[] {
  const seconds = wallMs / 1000;
  return [
    seconds.toFixed(2),
    (sizeBytes / MIB / seconds).toFixed(0),
    (cpuMs / 1000).toFixed(2),
    (peakRssBytes / MIB).toFixed(0),
  ];
}

export const MIB = 1024 ** 2;

export const nameOf = (store: Store | undefined): string => (store === undefined ? 'file' : `S3 (${store.name})`);
