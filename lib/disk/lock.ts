import { randomBytes } from 'node:crypto';
import { link, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PieceworkError } from '../errors/error.ts';
import type { Holder, Holding } from './holdings.ts';
import { follow, isHeld, LOCK_FILE, readHolding, successorName } from './holdings.ts';
import { readOrdinary } from './ordinary-file.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { ownIdentity } from './process-identity.ts';
import { removeFile } from './remove-file.ts';

/**
 * A lock between processes of one machine: a file that names its holder. A holder that was killed leaves its file
 * behind; the next one recognises that and takes over.
 *
 * Two who take over at once must not both succeed, and removing a dead holder's file by its name could hit the file of
 * a third who was quicker. So a successor is chained to the very holder it found dead: `lock` holds A, who died;
 * `lock.after-A` is created exclusively by B; only if the chain from `lock` still leads to B, B holds the lock, and
 * then moves its own file onto `lock`. Each holding has an id of its own that never comes back, hence a latecomer who
 * creates `lock.after-A` once more sees that `lock` is no longer A's, and starts again.
 */
export interface Lock extends AsyncDisposable {
  /** May be called twice. */
  release(): Promise<void>;
}

export interface LockOptions {
  /** What is locked, for the error's sentence: `/tmp/file.iso`. */
  readonly what: string;
  /** How long to wait for a holder to let go. @default 0 */
  readonly patienceMs?: number;
  /**
   * Always removes what others left here who were killed in the middle of locking, which reads the whole folder. Else
   * only where a dead holder is taken over from.
   * @default false
   */
  readonly sweep?: boolean;
}

/** @throws PieceworkError `DestinationLocked`, naming the holder, when another one (of this process, too) has it. */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const self: Holder = { ...(await ownIdentity()), id: randomBytes(8).toString('hex') };
  const draft = `${path}.${self.id}`;
  const patientUntil = performance.now() + (options.patienceMs ?? 0);
  await writeDraft(draft, self);
  try {
    for (;;) {
      const chain = await follow(path);
      const last = chain.at(-1);
      if (last !== undefined && (await isHeld(last))) {
        if (performance.now() >= patientUntil) throw await lockedBy(last, path, options.what);
        await sleep(2 + Math.random() * 8);
      } else if (last === undefined ? await claim(draft, path, self) : await succeed(path, chain, last, self, draft)) {
        // One who died while taking over leaves a file that nothing leads to. Tidying up may fail without harm.
        if (options.sweep === true || last !== undefined) await sweep(path).catch(() => {});
        return lockHeld(path, self);
      }
    }
  } finally {
    await removeFile(draft);
  }
}

/** Who holds it; `undefined` = no process that still runs. */
export async function lockHolder(path: string): Promise<ProcessIdentity | undefined> {
  const last = (await follow(path)).at(-1);
  return last !== undefined && (await isHeld(last)) ? last.holder : undefined;
}

function writeDraft(draft: string, self: Holder): Promise<void> {
  return writeFile(draft, JSON.stringify(self), { mode: 0o600, flag: 'wx' });
}

/** Makes the draft appear under a name, whole, if nothing is there. */
async function claim(draft: string, name: string, self: Holder): Promise<boolean> {
  try {
    await link(draft, name);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') {
      // A holder swept it away who saw it before we had written it.
      await writeDraft(draft, self);
      return false;
    }
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
  }
  // A file system without hard links (FAT).
  try {
    await writeFile(name, await readOrdinary(draft, LOCK_FILE), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes over from the dead end of the chain, see above. */
async function succeed(
  path: string,
  chain: readonly Holding[],
  last: Holding,
  self: Holder,
  draft: string,
): Promise<boolean> {
  const name = successorName(path, last);
  if (!(await claim(draft, name, self))) return false;
  const now = await follow(path);
  if (now.map(({ id }) => id).join() !== [...chain.map(({ id }) => id), self.id].join()) {
    await removeFile(name);
    return false;
  }
  await rename(draft, path);
  // Nothing leads to these any more.
  for (const { file } of [...chain.slice(1), { file: name }]) await removeFile(file);
  return true;
}

/**
 * Only for the process that holds the lock: then nothing but `path` itself leads anywhere. Drafts of processes that run
 * stay; one that does not say whose it is was cut off as it was written, or will be written again.
 */
async function sweep(path: string): Promise<void> {
  const names = await readdir(dirname(path));
  for (const name of names.filter((other) => other.startsWith(`${basename(path)}.`))) {
    const holding = await readHolding(join(dirname(path), name)).catch(() => undefined);
    if (holding !== undefined && !(await isHeld(holding))) await removeFile(holding.file);
  }
}

function lockHeld(path: string, self: Holder): Lock {
  async function release(): Promise<void> {
    // A file deleted by hand may have let another process in.
    const holding = await readHolding(path);
    if (holding?.id === self.id) await removeFile(path);
  }
  return { release, [Symbol.asyncDispose]: release };
}

async function lockedBy(last: Holding, path: string, what: string): Promise<PieceworkError> {
  const { pid, host } = last.holder ?? { pid: 0, host: '' };
  const self = await ownIdentity();
  const sentence =
    host === self.host
      ? `${what} is being written by another piecework (process ${pid}); wait until it has ended, or stop it`
      : `${what} is being written by another piecework (process ${pid} on ${host}); if that one has ended, delete ${path}`;
  return new PieceworkError('DestinationLocked', sentence, { details: { target: what, pid, host } });
}
