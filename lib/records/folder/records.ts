import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDeadLocks } from '../../disk/dead-locks.ts';
import { syncFolder } from '../../disk/durable.ts';
import type { Lock } from '../../disk/lock.ts';
import { acquireLock } from '../../disk/lock.ts';
import { namesIn } from '../../disk/names-in.ts';
import { NotOrdinary, RECORD_FILE, readOrdinary, readOrdinarySync } from '../../disk/ordinary-file.ts';
import { removeFile } from '../../disk/remove-file.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Envelope } from '../../values/envelope.ts';
import { parseEnvelope } from '../../values/envelope.ts';
import { printableJson } from '../../values/text/printable.ts';
import type { RecordKey, Records, Version } from '../records.ts';
import { hasErrno, onFolder } from './errors.ts';
import { keptListings } from './kept-listings.ts';
import { keptLocks } from './kept-locks.ts';
import type { RecordPlace } from './names.ts';
import { draftOfLock, lockOfFile, pathOfFile, placeOf } from './names.ts';
import { readMany } from './read-many.ts';

export interface FolderRecordsOptions {
  /** Absolute; created when it is needed, for the user alone. */
  readonly folder: string;
  /** Gets a sentence that says what was damaged and set aside. @default none */
  readonly warn?: (sentence: string) => void;
  /** Paths on one page of `list`. @default 1000 */
  readonly pageSize?: number;
  /** A record's lock is kept for some milliseconds after a change, for the next one. @default false */
  readonly keepsLocks?: boolean;
}

/** Disposing lets go of the locks that it keeps for a moment. */
export interface FolderRecords extends Records, AsyncDisposable {
  /** Removes what killed writers left beside records that nothing writes any more. */
  tidy(): Promise<void>;
}

/** A writer holds a record's lock for a few milliseconds; one that is suspended meanwhile may take longer. */
const PATIENCE_MS = 30_000;

/**
 * Records as files of one folder. A reader sees whole files only, since each is written beside and renamed; writers
 * compare and swap under a lock per record, which a killed one can't keep.
 */
export function folderRecords({
  folder,
  warn = () => {},
  pageSize = 1000,
  keepsLocks = false,
}: FolderRecordsOptions): FolderRecords {
  /** Within the process the lock is waited for in order; between processes it is asked for again and again. */
  const queues = new Map<string, Promise<unknown>>();

  async function inTurn<T>(file: string, run: () => Promise<T>): Promise<T> {
    const mine = (queues.get(file) ?? Promise.resolve()).then(run);
    const settled = mine.catch(() => {});
    queues.set(file, settled);
    try {
      return await mine;
    } finally {
      if (queues.get(file) === settled) queues.delete(file);
    }
  }

  const locks = keptLocks(inTurn);
  const listings = keptListings();

  async function locked<T>(place: RecordPlace, change: () => Promise<T>): Promise<T> {
    return await inTurn(place.file, async () => {
      await using _lock = locks.take(place.file)?.lock ?? (await lockOf(place));
      return await change();
    });
  }

  /** `change` is given what the record is, where its lock was kept. */
  async function swapped(place: RecordPlace, change: (now: Version | undefined) => Promise<Version>): Promise<Version> {
    return await inTurn(place.file, async () => {
      const { lock, version: now } = locks.take(place.file) ?? { lock: await lockOf(place) };
      try {
        const version = await change(now);
        await (keepsLocks ? locks.keep(place.file, { lock, version }) : lock.release());
        return version;
      } catch (error) {
        await lock.release();
        throw error;
      }
    });
  }

  async function write(place: RecordPlace, value: unknown): Promise<Version> {
    const version = randomBytes(12).toString('hex');
    const envelope: Envelope = { v: 1, version, value };
    // Made anew: a link that was planted there would be followed.
    const draft = () =>
      writeFile(place.draft, `${printableJson(envelope)}\n`, { mode: 0o600, flush: true, flag: 'wx' });
    await unlessErrno('EEXIST', draft, () => removeFile(place.draft));
    await rename(place.draft, place.file);
    await syncFolder(place.folder);
    return version;
  }

  /** Without a lock. Of two at once, one may find its draft taken away: by the other, who has put it in its place. */
  async function create(place: RecordPlace, value: unknown): Promise<Version> {
    return await unlessErrno(
      'ENOENT',
      () => write(place, value),
      () => mkdir(place.folder, { recursive: true, mode: 0o700 }),
    );
  }

  /** Only under the lock: else what is moved away may be a good file that was just written. */
  async function readOrSetAside(place: RecordPlace): Promise<Envelope | undefined> {
    const found = await read(place);
    if (found !== 'corrupt') return found;
    const aside = `${place.file}~corrupt-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
    await rename(place.file, aside);
    warn(`the record ${place.file} is damaged and was set aside as ${aside}`);
    return undefined;
  }

  return {
    async get<T>(key: RecordKey<T>) {
      const place = placeOf(folder, key.path);
      return await onFolder(folder, async () => {
        const found = await read(place);
        if (found === undefined) return undefined;
        if (found !== 'corrupt') return { value: found.value as T, version: found.version };
        const again = await locked(place, () => readOrSetAside(place));
        if (again !== undefined) return { value: again.value as T, version: again.version };
        throw new PieceworkError(
          'RecordCorrupt',
          `the record ${key.path} in ${folder} can't be read; it was set aside`,
        );
      });
    },

    async getMany<T>(keys: readonly RecordKey<T>[]) {
      const places = keys.map(({ path }) => placeOf(folder, path));
      return await onFolder(folder, async () => {
        const files = places.map(({ file }) => file);
        const found = await readMany(files, { now: readNow, later: (file) => read({ file }) });
        const values: (T | undefined)[] = [];
        for (const [index, place] of places.entries()) {
          const one = found[index];
          const whole = one === 'corrupt' ? await locked(place, () => readOrSetAside(place)) : one;
          values.push(whole?.value as T | undefined);
        }
        return values;
      });
    },

    async put<T>(key: RecordKey<T>, value: T, on: 'absent' | Version) {
      const place = placeOf(folder, key.path);
      return await onFolder(folder, async () => {
        // Known without the lock: what is there does not become absent by waiting.
        if (on === 'absent' && isWhole(await read(place))) throw changed(key);
        if (key.once === true) return await inTurn(place.file, () => create(place, value));
        return await swapped(place, async (now) => {
          const current = now ?? (await readOrSetAside(place))?.version ?? 'absent';
          if (current !== on) throw changed(key);
          return await write(place, value);
        });
      });
    },

    async list(prefix: string, cursor?: string) {
      const rest =
        listings.restOf(prefix, cursor) ?? (await onFolder(folder, () => pathsUnder(folder, prefix, cursor)));
      const page = rest.slice(0, pageSize);
      const last = page.at(-1);
      if (rest.length === page.length || last === undefined) return { paths: page };
      listings.keep(prefix, last, rest.slice(pageSize));
      return { paths: page, cursor: last };
    },

    async delete(key: RecordKey<unknown>) {
      const place = placeOf(folder, key.path);
      await onFolder(folder, async () => {
        const hasDraft = !(await isNowhere(place.draft));
        if (key.once === true) {
          // Should a power failure bring it back, it is deleted once more.
          await removeFile(place.file);
          if (hasDraft) await removeFile(place.draft);
          return;
        }
        if (!hasDraft && (await isNowhere(place.file))) return;
        await locked(place, async () => {
          await removeFile(place.file);
          await removeFile(place.draft);
          await syncFolder(place.folder);
        });
      });
    },

    async tidy() {
      await onFolder(folder, async () => {
        for (const room of await namesIn(folder))
          await removeDeadLocks(join(folder, room), lockOfFile, (lock) => removeFile(draftOfLock(lock)));
      });
    },

    [Symbol.asyncDispose]: () => locks.releaseAll(),
  };
}

/** The folder is made where it is missed: once, and not looked for at each write. */
async function lockOf(place: RecordPlace): Promise<Lock> {
  return await unlessErrno(
    'ENOENT',
    () => acquireLock(place.lock, { what: place.file, patienceMs: PATIENCE_MS }),
    () => mkdir(place.folder, { recursive: true, mode: 0o700 }),
  );
}

/** Tries once more after `mend`, where it failed for this reason. */
async function unlessErrno<T>(code: string, attempt: () => Promise<T>, mend: () => Promise<unknown>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!hasErrno(error, code)) throw error;
  }
  await mend();
  return await attempt();
}

function isWhole(found: Envelope | 'corrupt' | undefined): boolean {
  return found !== undefined && found !== 'corrupt';
}

function changed({ path }: RecordKey<unknown>): PieceworkError {
  return new PieceworkError('Conflict', `the record ${path} was changed by another process`);
}

async function isNowhere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return true;
    throw error;
  }
}

async function read({ file }: Pick<RecordPlace, 'file'>): Promise<Envelope | 'corrupt' | undefined> {
  try {
    return parseEnvelope(await readOrdinary(file, RECORD_FILE)) ?? 'corrupt';
  } catch (error) {
    return notRead(error);
  }
}

function readNow(file: string): Envelope | 'corrupt' | undefined {
  try {
    return parseEnvelope(readOrdinarySync(file, RECORD_FILE)) ?? 'corrupt';
  } catch (error) {
    return notRead(error);
  }
}

function notRead(error: unknown): 'corrupt' | undefined {
  if (hasErrno(error, 'ENOENT')) return undefined;
  if (error instanceof NotOrdinary) return 'corrupt';
  throw error;
}

async function pathsUnder(folder: string, prefix: string, after = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const room of await namesIn(folder)) {
    const isWanted = prefix.includes('/') ? prefix.startsWith(`${room}/`) : room.startsWith(prefix);
    if (!isWanted) continue;
    for (const name of await namesIn(join(folder, room))) {
      const path = pathOfFile(room, name);
      if (path?.startsWith(prefix) && path > after) paths.push(path);
    }
  }
  return paths.sort();
}
