import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** One tick of Linux's counters, whatever the kernel's own clock is. */
const TICK_MS = 10;
const KERNEL_THREAD = 0x20_00_00;

/** CPU time since the machine started, in ms. */
export interface CpuTimes {
  readonly atMs: number;
  /** Of all processes together. */
  readonly allMs: number;
  /** Of this process, of all that it started (tools, servers) and of the kernel's threads, which write to disks. */
  readonly ownMs: number;
}

interface Process {
  readonly parent: number;
  readonly isKernel: boolean;
  /** With those of its children that it has waited for. */
  readonly ms: number;
}

/** `undefined` where there is no Linux to ask. */
export async function cpuTimes(): Promise<CpuTimes | undefined> {
  try {
    const [, user = 0, nice = 0, system = 0] = firstLine(await readFile('/proc/stat', 'utf8'))
      .split(/\s+/)
      .map(Number);
    const processes = new Map<number, Process>();
    const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    await Promise.all(numbers.map((name) => look(name, processes)));
    const ownMs = [...processes.keys()]
      .filter((number) => isOwn(number, processes))
      .reduce((sum, number) => sum + (processes.get(number)?.ms ?? 0), 0);
    return { atMs: performance.now(), allMs: (user + nice + system) * TICK_MS, ownMs };
  } catch {
    return undefined;
  }
}

const firstLine = (text: string): string => text.slice(0, text.indexOf('\n'));

async function look(number: string, into: Map<number, Process>): Promise<void> {
  // It may have ended meanwhile.
  const text = await readFile(`/proc/${number}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  // Its name, in brackets, may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (position: number) => Number(fields[position - 3]);
  const ticks = field(14) + field(15) + field(16) + field(17);
  const isKernel = (field(9) & KERNEL_THREAD) !== 0;
  into.set(Number(number), { parent: field(4), isKernel, ms: ticks * TICK_MS });
}

function isOwn(number: number, processes: ReadonlyMap<number, Process>): boolean {
  for (let at = number; at > 1; at = processes.get(at)?.parent ?? 0) {
    if (at === process.pid || processes.get(at)?.isKernel === true) return true;
  }
  return false;
}

/** CPU time that was used between two looks by what has nothing to do with us. */
function foreignMs(before: CpuTimes, after: CpuTimes): number {
  return Math.max(0, after.allMs - before.allMs - (after.ownMs - before.ownMs));
}

/** The same, of all cores, while so much time went by. */
export function foreignShare(before: CpuTimes, after: CpuTimes, wallMs: number): number {
  return Math.min(1, foreignMs(before, after) / Math.max(1, wallMs) / availableParallelism());
}

/** Waits until others leave the machine alone, or for so long. */
export async function untilCalm(mostShare: number, mostMs: number): Promise<void> {
  const until = performance.now() + mostMs;
  do {
    const before = await cpuTimes();
    await delay(500);
    const after = await cpuTimes();
    if (
      before === undefined ||
      after === undefined ||
      foreignShare(before, after, after.atMs - before.atMs) <= mostShare
    )
      return;
  } while (performance.now() < until);
}
