import type { FileHandle } from 'node:fs/promises';
import { link, open, rename, rm } from 'node:fs/promises';
import { syncFolder } from '../../../disk/durable.ts';
import { PieceworkError } from '../../../errors/error.ts';
import type { WholeBody } from '../../../values/bytes.ts';
import type { ObjectSpec, Stored, WriteCondition } from '../../destination.ts';
import { diskError, hasErrno, onDisk } from '../errors.ts';
import { turns } from '../gate.ts';
import { fileLocator } from '../locator.ts';
import { putId } from '../names.ts';
import type { FileTarget } from '../target.ts';
import { checkSettings, locateTarget, resolveTarget } from '../target.ts';
import type { WriteAt } from '../upload/write-all.ts';
import { writeAll } from '../upload/write-all.ts';
import { groups } from './groups.ts';

/** Files that are open at a time, far below what a process may have. */
const MOST_OPEN = 128;

/**
 * Whole files by the thousand, each complete and on the disk before it has its name, as a single put is, but without
 * lock and journal, and flushed together: what is under way while the disk is busy shares the next flush. A crash
 * leaves at most the hidden files that were being written; the same put takes their place, or they are discarded.
 */
export function fileSmallPuts(writeAt: WriteAt) {
  const bytes = groups<FileHandle>((files) => Promise.allSettled(files.map((file) => file.datasync())));
  const names = groups<string>(async (folders) => {
    const synced = new Map(await Promise.all([...new Set(folders)].map(syncedFolder)));
    return folders.map((folder) => synced.get(folder) ?? NOT_SYNCED);
  });
  const places = Array.from({ length: MOST_OPEN }, (_, index) => String(index));
  const inTurn = turns();
  let next = 0;

  async function put(object: ObjectSpec, body: WholeBody, condition: WriteCondition) {
    const target = await resolveTarget(object.target);
    const partial = target.upload(putId(object.token)).partial;
    return await onDisk(target.path, async () => {
      const file = await createAnew(partial, target);
      try {
        await writeAll({ file, writeAt, path: target.path }, body.bytes, 0);
        const at = object.modifiedAt === undefined ? Number.NaN : Date.parse(object.modifiedAt);
        if (Number.isFinite(at)) await file.utimes(new Date(), new Date(at));
        if (target.existing !== undefined) await file.chmod(target.existing.mode & 0o777);
        await bytes.join(file);
        await file.close();
        await publish(partial, target, condition);
      } catch (error) {
        await file.close().catch(() => {});
        await rm(partial, { force: true }).catch(() => {});
        throw error;
      }
      await names.join(target.folder);
      return { sizeBytes: body.bytes.length, crc32: body.crc32 };
    });
  }

  return async (
    object: ObjectSpec,
    body: WholeBody,
    condition: WriteCondition,
    signal: AbortSignal,
  ): Promise<Stored & { readonly crc32: number }> => {
    signal.throwIfAborted();
    checkSettings(fileLocator(object.target), object.settings);
    next = (next + 1) % MOST_OPEN;
    return await inTurn(places[next] ?? '', signal, () => put(object, body, condition));
  };
}

/** Removes the hidden file of a put that a dead process was at. */
export async function discardSmallPut({ target, token }: Pick<ObjectSpec, 'target' | 'token'>): Promise<void> {
  const located = await locateTarget(target);
  await onDisk(located.path, () => rm(located.upload(putId(token)).partial, { force: true }));
}

const NOT_SYNCED: PromiseSettledResult<void> = { status: 'rejected', reason: new Error('it was not flushed') };

async function syncedFolder(folder: string): Promise<readonly [string, PromiseSettledResult<void>]> {
  const [result = NOT_SYNCED] = await Promise.allSettled([syncFolder(folder)]);
  return [folder, result];
}

async function createAnew(path: string, target: FileTarget): Promise<FileHandle> {
  const mode = target.existing === undefined ? 0o666 : (target.existing.mode & 0o666) | 0o600;
  try {
    return await open(path, 'wx', mode);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
    // A put with this token was cut off.
    await rm(path, { force: true });
    return await open(path, 'wx', mode);
  }
}

async function publish(partial: string, target: FileTarget, condition: WriteCondition): Promise<void> {
  if (condition === 'none') return await rename(partial, target.path);
  try {
    await link(partial, target.path);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw diskError(error, target.path);
    throw new PieceworkError('DestinationExists', `${target.path} exists already, and was not to be replaced`, {
      cause: error,
      details: { target: target.path },
    });
  }
  await rm(partial, { force: true });
}
