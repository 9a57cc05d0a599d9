import { PieceworkError } from '../../../errors/error.ts';
import { untilAborted } from '../../../values/call.ts';
import type { ObjectSpec, UploadRef } from '../../destination.ts';
import { onDisk, uploadLost } from '../errors.ts';
import { removeUpload, sweepBeside } from '../folder.ts';
import { fileLocator } from '../locator.ts';
import type { TargetLocks } from '../locks.ts';
import { targetLocks } from '../locks.ts';
import type { UploadFiles } from '../names.ts';
import { isPutId, isUploadId } from '../names.ts';
import type { FileTarget } from '../target.ts';
import { locateTarget } from '../target.ts';
import { readJournal } from './journal.ts';
import type { PartialFile, Ways } from './partial.ts';
import { createPartial } from './partial.ts';
import type { Found } from './resume.ts';
import { isPublished, resumeUpload } from './resume.ts';

export interface FileUploadsOptions extends Ways {
  readonly warn: (sentence: string) => void;
}

/** What an upload left: all of it, or all but the journal of a file that was finished, by which that is known. */
export type Removal = 'all' | 'allButFinished';

/** The uploads that this process has open, each with its files and, together, their target's lock. */
export interface FileUploads extends AsyncDisposable {
  create(target: FileTarget, files: UploadFiles, object: ObjectSpec): Promise<PartialFile>;
  /** Opens it if it isn't; the first to ask has it compared with its bytes, all wait for that. */
  find(upload: UploadRef, signal: AbortSignal): Promise<Found>;
  /** @throws PieceworkError `UploadLost`. */
  findOpen(upload: UploadRef, signal: AbortSignal): Promise<PartialFile>;
  /** It became the file: closes it, and keeps lock and journal until it is released. */
  finished(partial: PartialFile): Promise<void>;
  remove(upload: UploadRef, what: Removal): Promise<void>;
  /** Removes what processes left beside the target that were killed while they had its lock, or took it. */
  tidy(target: FileTarget): Promise<void>;
}

export function fileUploads({ warn, ...ways }: FileUploadsOptions): FileUploads {
  const opened = new Map<string, Promise<Found>>();
  const ending = new AbortController();
  const locks: TargetLocks = targetLocks((target) => sweepBeside(target, ({ journal }) => opened.has(journal)));

  async function load(target: FileTarget, files: UploadFiles, upload: UploadRef): Promise<Found> {
    try {
      await locks.hold(target, files.journal);
      const found = await onDisk(target.path, () =>
        resumeUpload(target, files, upload, { warn, ...ways, signal: ending.signal }),
      );
      if (found === 'gone') await forget(target, files);
      return found;
    } catch (error) {
      await forget(target, files);
      if (isFolderGone(error)) return 'gone';
      throw error;
    }
  }

  async function forget(target: FileTarget, files: UploadFiles): Promise<void> {
    opened.delete(files.journal);
    await locks.drop(target, files.journal);
  }

  /** If it is being opened at the moment, that comes first. */
  async function close(files: UploadFiles): Promise<void> {
    const found = await opened.get(files.journal)?.catch(() => 'gone' as const);
    if (typeof found === 'object') await found.close();
  }

  async function closeAndRemove(files: UploadFiles): Promise<void> {
    await close(files);
    opened.delete(files.journal);
    await removeUpload(files);
  }

  async function removeFiles(target: FileTarget, files: UploadFiles, what: Removal): Promise<void> {
    await close(files);
    const journal = what === 'allButFinished' ? await readJournal(files.journal) : undefined;
    const isOurs = journal !== undefined && journal !== 'corrupt' && (await isPublished(target, journal));
    await removeUpload(isOurs ? { ...files, journal: files.partial } : files);
    await forget(target, files);
  }

  async function find(upload: UploadRef, signal: AbortSignal): Promise<Found> {
    const target = await locateTarget(upload.target);
    if (!isUploadId(upload.id)) return 'gone';
    const files = target.upload(upload.id);
    let loading = opened.get(files.journal);
    if (loading === undefined) {
      // Not the caller's signal: others may come to wait for the same.
      loading = load(target, files, upload);
      opened.set(files.journal, loading);
    }
    return await untilAborted(loading, signal);
  }

  return {
    async create(target, files, object) {
      await locks.hold(target, files.journal);
      try {
        // An earlier try of the same put.
        if (isPutId(files.id)) await closeAndRemove(files);
        const partial = await onDisk(target.path, () => createPartial(target, files, object, ways));
        opened.set(files.journal, Promise.resolve(partial));
        return partial;
      } catch (error) {
        await removeUpload(files);
        await locks.drop(target, files.journal);
        throw error;
      }
    },

    find,

    async findOpen(upload, signal) {
      const found = await find(upload, signal);
      if (typeof found === 'object') return found;
      throw uploadLost(
        fileLocator(upload.target).path,
        found === 'finished' ? 'it was completed before' : 'it was aborted, or its files were removed',
      );
    },

    async finished(partial) {
      opened.set(partial.files.journal, Promise.resolve('finished'));
      await partial.close();
    },

    async remove(upload, what) {
      const target = await locateTarget(upload.target);
      if (!isUploadId(upload.id)) return;
      const user = Symbol('remove');
      try {
        await locks.hold(target, user);
        await onDisk(target.path, () => removeFiles(target, target.upload(upload.id), what));
      } catch (error) {
        if (!isFolderGone(error)) throw error;
      } finally {
        await locks.drop(target, user);
      }
    },

    tidy: (target) => locks.tidy(target),

    async [Symbol.asyncDispose]() {
      ending.abort(uploadLost('a file', 'the destination was closed'));
      const all = await Promise.allSettled(opened.values());
      opened.clear();
      for (const one of all) {
        if (one.status === 'fulfilled' && typeof one.value === 'object') await one.value.close();
      }
      await locks.dropAll();
    },
  };
}

/** Then everything that was in it is gone, too. */
function isFolderGone(error: unknown): boolean {
  return error instanceof PieceworkError && error.code === 'DestinationMissing';
}
