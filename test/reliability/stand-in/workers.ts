import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../../../lib/aws/names.ts';
import { serviceName } from '../../../lib/aws/names.ts';

/** A process that runs one of the functions, kept for the next call when it has answered. */
export interface Worker {
  readonly pid: number;
  readonly stage: Stage;
}

/** The functions' processes among the children of a stand-in that we started, and no other process. Linux only. */
export async function workersOf(standInPid: number, stages: readonly Stage[]): Promise<readonly Worker[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => workerAt(pid, standInPid, stages)));
  return found.filter((worker) => worker !== undefined);
}

async function workerAt(pid: number, standInPid: number, stages: readonly Stage[]): Promise<Worker | undefined> {
  const status = await statusOf(pid);
  if (status?.parent !== standInPid || status.isZombie) return undefined;
  const variables = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
  const stage = stages.find((name) => variables.includes(`POWERTOOLS_SERVICE_NAME=${serviceName(name)}`));
  return stage === undefined ? undefined : { pid, stage };
}

/**
 * SIGKILL. True = it was at work: MiniStack waits for its answer, and takes its process away at once. A process that
 * was only kept is looked at when it is next needed, and is a zombie until then.
 */
export async function killWorker({ pid }: Worker, standInPid: number): Promise<boolean> {
  if ((await statusOf(pid))?.parent !== standInPid) return false;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
    return false;
  }
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await statusOf(pid)) === undefined) return true;
    await sleep(20);
  }
  return false;
}

async function statusOf(pid: number): Promise<{ readonly parent: number; readonly isZombie: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // Its name, in brackets, may hold anything.
  const [state, parent] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  return parent === undefined ? undefined : { parent: Number(parent), isZombie: state === 'Z' };
}
