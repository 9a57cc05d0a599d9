import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lock } from '../../disk/lock.ts';
import { acquireLock, lockHolder } from '../../disk/lock.ts';
import { readUserFileIfThere } from '../../disk/user-file.ts';
import { PieceworkError } from '../../errors/error.ts';
import { inStateFolder, makeStateFolder, stateFolderOf } from '../home/state-folder.ts';
import type { RunningServer } from './api.ts';

/** Where a state folder keeps what belongs to its server: its lock, where it listens, its token. */
export function serverFolder(stateDir: string): string {
  return join(stateDir, 'server');
}

const lockPath = (stateDir: string) => join(serverFolder(stateDir), 'server.lock');
const noticePath = (stateDir: string) => join(serverFolder(stateDir), 'server.json');

/** A server is there as long as its process holds the lock, whatever the notice says. */
export interface Presence extends AsyncDisposable {
  /** For the clients on this machine. */
  announce(server: RunningServer): Promise<void>;
}

/** @throws PieceworkError `ServerRunning`: the state folder has a server. */
export async function takePresence(stateDir: string): Promise<Presence> {
  makeStateFolder(stateDir, 'server');
  const lock = await inStateFolder(stateDir, () => lockFor(stateDir));
  const notice = noticePath(stateDir);
  return {
    async announce(server) {
      const draft = `${notice}.draft`;
      await writeFile(draft, JSON.stringify({ v: 1, ...server }), { mode: 0o600 });
      await rename(draft, notice);
    },
    async [Symbol.asyncDispose]() {
      await rm(notice, { force: true });
      await lock.release();
    },
  };
}

async function lockFor(stateDir: string): Promise<Lock> {
  try {
    return await acquireLock(lockPath(stateDir), { what: stateDir, sweep: true });
  } catch (cause) {
    if (!(cause instanceof PieceworkError) || cause.code !== 'DestinationLocked') throw cause;
    const other = await runningServer(stateDir);
    const where = other === undefined ? '' : `, ${shownPlace(other)}`;
    throw new PieceworkError(
      'ServerRunning',
      `the state folder ${stateDir} has a server already (process ${cause.details['pid'] ?? 'unknown'}${where}): talk to it, stop it first, or give another folder with --state-dir`,
      { cause },
    );
  }
}

function shownPlace({ url, socket }: Pick<RunningServer, 'url' | 'socket'>): string {
  return socket ?? url;
}

/** The server of the state folder that these settings mean; `undefined` = none runs. */
export async function findServer(
  stateDir: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<RunningServer | undefined> {
  return await runningServer(stateFolderOf(stateDir, environment));
}

/** The server of a state folder; `undefined` = none runs, or it does not listen yet. */
async function runningServer(stateDir: string): Promise<RunningServer | undefined> {
  const holder = await lockHolder(lockPath(stateDir)).catch(() => undefined);
  if (holder === undefined) return undefined;
  const path = noticePath(stateDir);
  const text = readUserFileIfThere(path, `the notice of the server in ${path}`);
  const server = text === undefined ? undefined : parse(text);
  // One that was killed leaves its notice to the next one.
  return server?.pid === holder.pid ? server : undefined;
}

function parse(text: string): RunningServer | undefined {
  try {
    const { v, ...server } = JSON.parse(text) as RunningServer & { readonly v?: unknown };
    return v === 1 && typeof server.url === 'string' && typeof server.tokenFile === 'string' ? server : undefined;
  } catch {
    return undefined;
  }
}
