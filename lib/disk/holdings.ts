import { setTimeout as sleep } from 'node:timers/promises';
import { PieceworkError } from '../errors/error.ts';
import { NotOrdinary, readOrdinary } from './ordinary-file.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { isRunning } from './process-identity.ts';

/** Who wrote a lock's file, and when: the id never comes back. */
export interface Holder extends ProcessIdentity {
  readonly id: string;
}

export interface Holding {
  readonly file: string;
  readonly id: string;
  /** Absent when the file can't be read: cut off by a power failure, or damaged. */
  readonly holder?: Holder;
}

/** One holder, as JSON. */
export const LOCK_FILE = { mostBytes: 4096 };
const MOST_SUCCESSORS = 100;

function planted(file: string, why: string): PieceworkError {
  const message = `${file} is no lock that Piecework made: ${why}; look who put it there, and delete it`;
  return new PieceworkError('DestinationLocked', message, { details: { target: file } });
}

/**
 * From the file itself to the last successor. Empty = free.
 * @throws PieceworkError `DestinationLocked` for what can't be ours.
 */
export async function follow(path: string): Promise<Holding[]> {
  const chain: Holding[] = [];
  for (let file = path; ; ) {
    const holding = await readHolding(file);
    if (holding === undefined) return chain;
    // Each holding has an id of its own, and a successor shortens the chain: neither comes of us.
    if (chain.length === MOST_SUCCESSORS || chain.some(({ id }) => id === holding.id))
      throw planted(file, 'it leads on without end');
    chain.push(holding);
    file = successorName(path, holding);
  }
}

export function successorName(path: string, holding: Holding): string {
  return `${path}.after-${holding.id}`;
}

export async function readHolding(file: string): Promise<Holding | undefined> {
  // Where there are no hard links a file is there before its content is: an unreadable one gets a moment.
  for (let tries = 0; ; tries += 1) {
    let text: string;
    try {
      text = await readOrdinary(file, LOCK_FILE);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error instanceof NotOrdinary ? planted(file, `it is ${error.what}`) : error;
    }
    const holder = parseHolder(text);
    if (holder !== undefined) return { file, id: holder.id, holder };
    if (tries === 20) return { file, id: 'unreadable' };
    await sleep(10);
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    const isHolder =
      Number.isSafeInteger(holder?.pid) && typeof holder?.host === 'string' && /^[0-9a-f]{16}$/.test(holder.id ?? '');
    return isHolder ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

export async function isHeld(holding: Holding): Promise<boolean> {
  return holding.holder !== undefined && (await isRunning(holding.holder));
}
