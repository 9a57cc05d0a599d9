import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cell, Transfer } from '../cells/cell.ts';
import type { BenchOrigin } from '../servers/origin.ts';
import type { Store, StoreName } from '../servers/servers.ts';
import { sha256OfFile } from '../servers/servers.ts';
import type { Job, Place } from '../tools/job.ts';
import type { Tool } from '../tools/tools.ts';
import { PEERS, PIECEWORK, pieceworkCommand } from '../tools/tools.ts';
import type { Versions } from '../tools/versions.ts';
import { cpuTimes, foreignShare, untilCalm } from './foreign-load.ts';
import type { Command, Measurer } from './measure.ts';
import type { Run, ToolRuns } from './run.ts';
import { warmMemory } from './warm-memory.ts';

export interface MeasureOptions {
  readonly origin: BenchOrigin;
  readonly storeOf: (name: StoreName) => Promise<Store>;
  readonly measurer: Measurer;
  readonly versions: Versions;
  /** Piecework's script. */
  readonly binary: string;
  /** Where files go. */
  readonly folder: string;
  readonly rounds: number;
  /** A run during which others used more of the machine is run again. */
  readonly mostForeignShare: number;
  /** Of one run, the first one counted. */
  readonly mostTries: number;
  /** Gets each run. */
  readonly say: (line: string) => void;
}

/** Below that a share of a short run says nothing: the kernel counts in steps of 10 ms. */
const NEGLIGIBLE_FOREIGN_MS = 40;
const MOST_WAIT_FOR_CALM_MS = 15_000;
/** So many starts after an install keep what V8 compiled of Piecework (ADR 43): no figure of what later ones take. */
const FIRST_STARTS = 3;
const MOST_OF_FIRST_STARTS_BYTES = 64 * 1024 ** 2;

/**
 * Every tool does the same in turn, round after round, each round beginning with another tool. Piecework's runs are the
 * first of those returned.
 */
export async function measureCell(cell: Cell, options: MeasureOptions): Promise<readonly ToolRuns[]> {
  const { versions } = options;
  const wanted = PEERS.filter(({ name }) => cell.peers === undefined || cell.peers.includes(name));
  const tools = [PIECEWORK, ...wanted].filter(({ programs }) => programs.every((program) => versions.has(program)));
  const runs = new Map<string, Run[]>(tools.map(({ name }) => [name, []]));
  for (let start = 0; start < FIRST_STARTS; start += 1) await runOnce(PIECEWORK, smaller(cell), options);
  const rounds = Math.min(options.rounds, cell.rounds ?? options.rounds);
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % tools.length;
    for (const tool of [...tools.slice(turn), ...tools.slice(0, turn)]) {
      const run = await calmRun(() => runOrNote(tool, cell, options), options);
      if (run === undefined) continue;
      runs.get(tool.name)?.push(run);
      options.say(
        `${cell.name}: ${tool.name}: ${(run.wallMs / 1000).toFixed(2)} s, CPU ${(run.cpuMs / 1000).toFixed(2)} s, ` +
          `others used ${percent(run.foreignShare)}`,
      );
    }
  }
  return [...runs].flatMap(([tool, own]) => (own.length === 0 ? [] : [{ tool, runs: own }]));
}

function smaller({ transfer, ...cell }: Cell): Cell {
  if (transfer === undefined) return cell;
  return { ...cell, transfer: { ...transfer, sizeBytes: Math.min(transfer.sizeBytes, MOST_OF_FIRST_STARTS_BYTES) } };
}

const percent = (share: number | null): string =>
  share === null ? 'an unknown share' : `${Math.round(share * 100)} %`;

/** The calmest of as many runs as it took, or as are allowed. */
async function calmRun(
  once: () => Promise<Run | undefined>,
  { mostForeignShare, mostTries, say }: MeasureOptions,
): Promise<Run | undefined> {
  let calmest: Run | undefined;
  for (let tries = 1; ; tries += 1) {
    const run = await once();
    if (run === undefined) return undefined;
    if (calmest === undefined || shareOf(run) < shareOf(calmest)) calmest = run;
    if (shareOf(run) <= mostForeignShare || isNegligible(run) || tries >= mostTries) return calmest;
    say(`others used ${percent(run.foreignShare)} of the machine: once more`);
    await untilCalm(mostForeignShare, MOST_WAIT_FOR_CALM_MS);
  }
}

const shareOf = ({ foreignShare: share }: Run): number => share ?? 0;

const isNegligible = (run: Run): boolean => shareOf(run) * run.wallMs * availableParallelism() <= NEGLIGIBLE_FOREIGN_MS;

/** That another tool fails is a line; that ours does is the end. */
async function runOrNote(tool: Tool, cell: Cell, options: MeasureOptions): Promise<Run | undefined> {
  try {
    return await runOnce(tool, cell, options);
  } catch (error) {
    if (tool === PIECEWORK) throw error;
    options.say(`${cell.name}: ${tool.name} failed: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** `undefined` = the tool can't do this. */
async function runOnce(tool: Tool, { transfer }: Cell, options: MeasureOptions): Promise<Run | undefined> {
  const own = await mkdtemp(join(options.folder, 'piecework-run-'));
  try {
    if (transfer === undefined)
      return await measured({ program: process.execPath, args: [options.binary, '--version'] }, own, 0, options);
    return await transferOnce(tool, transfer, own, options);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function transferOnce(
  tool: Tool,
  transfer: Transfer,
  own: string,
  options: MeasureOptions,
): Promise<Run | undefined> {
  const { origin, storeOf, binary } = options;
  const file = await origin.file(transfer.sizeBytes);
  const to: Place =
    transfer.to === 'file'
      ? { kind: 'file', path: join(own, 'out.bin') }
      : { kind: 's3', store: await storeOf(transfer.to), key: `${own.slice(-6)}.bin` };
  const job: Job = {
    ...(await origin.entrance(transfer.from, file)),
    caFile: origin.nginx.caFile,
    sizeBytes: file.sizeBytes,
    connections: transfer.connections,
    to,
    binary,
    stateFolder: join(own, 'state'),
  };
  const command = tool === PIECEWORK ? pieceworkCommand(job, transfer.flags) : tool.command(job);
  if (command === undefined) return undefined;
  await mkdir(job.stateFolder);
  try {
    // A store writes the parts, and then the object.
    const run = await measured(command, own, to.kind === 'file' ? file.sizeBytes : 2 * file.sizeBytes, options);
    const arrived = to.kind === 'file' ? await sha256OfFile(to.path) : await to.store.sha256(to.key);
    if (arrived !== file.sha256) throw new Error(`${tool.name} brought other bytes than were sent`);
    return run;
  } finally {
    if (to.kind === 's3') await to.store.remove(to.key);
  }
}

/** @param writtenBytes so much of the system's cache the run is about to fill */
async function measured(
  command: Command,
  folder: string,
  writtenBytes: number,
  { measurer }: MeasureOptions,
): Promise<Run> {
  // What the run before left to be written to the disk is not this one's to wait for.
  await promisify(execFile)('sync', ['--file-system', folder]).catch(() => {});
  await warmMemory(folder, writtenBytes);
  const before = await cpuTimes();
  const cost = await measurer.run(command);
  const after = await cpuTimes();
  if (before === undefined || after === undefined) return { ...cost, foreignShare: null };
  // Over the run itself, not the two looks around it.
  return { ...cost, foreignShare: foreignShare(before, after, cost.wallMs) };
}
