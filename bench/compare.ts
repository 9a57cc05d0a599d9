import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Job, Place } from './job.ts';
import type { Cost, Measurer } from './measure.ts';
import { busyShare } from './measure.ts';
import type { CaseResult } from './report.ts';
import type { BenchOrigin, SourceName } from './servers/origin.ts';
import { SOURCES } from './servers/origin.ts';
import type { Store } from './servers/servers.ts';
import { sha256OfFile } from './servers/servers.ts';
import type { Tool } from './tools.ts';
import { TOOLS } from './tools.ts';
import type { Versions } from './versions.ts';

export interface Case {
  /** For `--only`. */
  readonly name: string;
  readonly from: SourceName;
  /** A file where there is none. */
  readonly store: Store | undefined;
  readonly connections: number;
  readonly sizeBytes: number;
}

export interface CompareOptions {
  readonly origin: BenchOrigin;
  readonly measurer: Measurer;
  readonly versions: Versions;
  /** Piecework's script. */
  readonly binary: string;
  /** Where files go. */
  readonly folder: string;
  readonly rounds: number;
  /** Gets each run. */
  readonly say: (line: string) => void;
}

/**
 * Every tool that is here does the same transfer in turn, round after round, each round beginning with another tool.
 * What arrived is compared with what was sent after the clock has stopped.
 */
export async function compare(what: Case, options: CompareOptions): Promise<CaseResult> {
  const { rounds, versions } = options;
  const tools = TOOLS.filter(({ programs }) => programs.every((program) => versions.has(program)));
  const costs = new Map<string, Cost[]>();
  const busyBefore: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % tools.length;
    for (const tool of [...tools.slice(turn), ...tools.slice(0, turn)]) {
      const measured = await runOnce(tool, what, options);
      if (measured === undefined) continue;
      busyBefore.push(measured.busy);
      costs.set(tool.name, [...(costs.get(tool.name) ?? []), measured.cost]);
    }
  }
  return {
    title: `${SOURCES[what.from]} to ${what.store === undefined ? 'a file' : `S3 (${what.store.name})`}, ${what.connections} connections`,
    sizeBytes: what.sizeBytes,
    rows: tools.flatMap(({ name }) => {
      const own = costs.get(name);
      return own === undefined ? [] : [{ tool: name, costs: own }];
    }),
    busyBefore,
  };
}

async function runOnce(
  tool: Tool,
  what: Case,
  { origin, measurer, binary, folder, say }: CompareOptions,
): Promise<{ readonly cost: Cost; readonly busy: number } | undefined> {
  const file = await origin.file(what.sizeBytes);
  const own = await mkdtemp(join(folder, 'piecework-run-'));
  const to: Place =
    what.store === undefined
      ? { kind: 'file', path: join(own, 'out.bin') }
      : { kind: 's3', store: what.store, key: `${own.slice(-6)}.bin` };
  const job: Job = {
    ...(await origin.entrance(what.from, file)),
    caFile: origin.nginx.caFile,
    sizeBytes: file.sizeBytes,
    connections: what.connections,
    to,
    binary,
    stateFolder: join(own, 'state'),
  };
  try {
    const command = tool.command(job);
    if (command === undefined) return undefined;
    await mkdir(job.stateFolder);
    await settle(own);
    const busy = await busyShare();
    const cost = await measurer.run(command);
    say(`${what.name}: ${tool.name}: ${(cost.wallMs / 1000).toFixed(2)} s`);
    const arrived = to.kind === 'file' ? await sha256OfFile(to.path) : await to.store.sha256(to.key);
    if (arrived !== file.sha256) throw new Error(`${tool.name} brought other bytes than were sent`);
    return { cost, busy };
  } finally {
    if (to.kind === 's3') await to.store.remove(to.key);
    await rm(own, { recursive: true, force: true });
  }
}

/** What the run before left to be written to the disk is not this one's to wait for. */
async function settle(folder: string): Promise<void> {
  await promisify(execFile)('sync', ['--file-system', folder]).catch(() => {});
}
