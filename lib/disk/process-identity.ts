import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill, pid } from 'node:process';

/**
 * A process so that another one can say later whether it still runs. The number alone can't: it is given out again,
 * after a reboot even soon.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Of this start of the machine; Linux only. */
  readonly boot?: string;
  /** When the process started, in the system's own count; Linux only. */
  readonly started?: string;
}

let own: Promise<ProcessIdentity> | undefined;

export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= identify();
  return own;
}

async function identify(): Promise<ProcessIdentity> {
  const [boot, stat] = await Promise.all([bootId(), processStat(pid)]);
  return {
    pid,
    host: hostname(),
    ...(boot === undefined ? {} : { boot }),
    ...(stat === undefined ? {} : { started: stat.started }),
  };
}

/** In doubt, as with a process of another host, it runs. */
export async function isRunning(other: ProcessIdentity): Promise<boolean> {
  const self = await ownIdentity();
  if (other.host !== self.host) return true;
  if (other.boot !== undefined && self.boot !== undefined && other.boot !== self.boot) return false;
  if (!exists(other.pid)) return false;
  const stat = await processStat(other.pid);
  if (stat === undefined) return self.started === undefined;
  if (other.started !== undefined && other.started !== stat.started) return false;
  return !stat.ended;
}

function exists(otherPid: number): boolean {
  try {
    kill(otherPid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and runs under another account.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function bootId(): Promise<string | undefined> {
  return (await readOrNothing('/proc/sys/kernel/random/boot_id'))?.trim();
}

/** State and start time out of proc_pid_stat(5). The name, second, is in brackets and may hold anything. */
async function processStat(
  otherPid: number,
): Promise<{ readonly started: string; readonly ended: boolean } | undefined> {
  const text = await readOrNothing(`/proc/${otherPid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return started === undefined ? undefined : { started, ended: state === 'Z' || state === 'X' };
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
