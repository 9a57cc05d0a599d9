import { lstat, readdir, rm } from 'node:fs/promises';
import type { OpenUpload } from '../destination.ts';
import { hasErrno, ifThere } from './errors.ts';
import type { UploadFiles } from './names.ts';
import { isPutId } from './names.ts';
import type { FileTarget } from './target.ts';
import { readJournal } from './upload/journal.ts';
import { isPublished } from './upload/resume.ts';

/** The uploads that stand beside a target, whatever their state. */
async function uploadsBeside(target: FileTarget): Promise<readonly UploadFiles[]> {
  let names: string[];
  try {
    names = await readdir(target.folder);
  } catch (error) {
    // EACCES: a folder may take files and not let itself be listed.
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw error;
  }
  const ids = new Set(names.map((name) => target.idOf(name)).filter((id) => id !== undefined));
  return [...ids].sort().map((id) => target.upload(id));
}

/** The token of the upload that became the file at the target, as long as its journal is kept. */
export async function tokenOfTarget(target: FileTarget): Promise<string | undefined> {
  for (const { journal: path } of await uploadsBeside(target)) {
    const journal = await readJournal(path);
    if (journal !== undefined && journal !== 'corrupt' && (await isPublished(target, journal)))
      return journal.header.token;
  }
  return undefined;
}

export async function openUploadsBeside(target: FileTarget): Promise<readonly OpenUpload[]> {
  const found: OpenUpload[] = [];
  for (const files of await uploadsBeside(target)) {
    const journal = await readJournal(files.journal);
    if (journal === undefined || journal === 'corrupt') {
      const begunAt = (await begunAtOf(files.partial)) ?? (await begunAtOf(files.journal));
      if (begunAt !== undefined) found.push({ id: files.id, initiatedAt: begunAt });
    } else if (journal.header.target === target.name && !(await isPublished(target, journal))) {
      found.push({ id: files.id, initiatedAt: journal.header.createdAt, token: journal.header.token });
    }
  }
  return found;
}

async function begunAtOf(path: string): Promise<string | undefined> {
  const found = await ifThere(() => lstat(path));
  if (found === undefined) return undefined;
  return new Date(found.birthtimeMs > 0 ? found.birthtimeMs : found.mtimeMs).toISOString();
}

/** What unfinished uploads of the target occupy: it is either used again or soon given back. */
export async function allocatedBeside(target: FileTarget): Promise<number> {
  let bytes = 0;
  for (const { partial } of await uploadsBeside(target)) {
    const found = await ifThere(() => lstat(partial));
    bytes += (found?.blocks ?? 0) * BLOCK_BYTES;
  }
  return bytes;
}

/** The unit of `st_blocks`, whatever the file system's own (stat(2)). */
const BLOCK_BYTES = 512;

/**
 * Removes what can't be used any more: a put that was cut off, and a journal without bytes, be it of a file that has
 * been replaced since, or of an upload that was cut off as it was created or removed.
 * Only for the holder of the target's lock; `inUse` are its own uploads.
 */
export async function sweepBeside(target: FileTarget, inUse: (files: UploadFiles) => boolean): Promise<void> {
  for (const files of await uploadsBeside(target)) {
    if (inUse(files)) continue;
    const journal = await readJournal(files.journal);
    const isFinished = journal !== undefined && journal !== 'corrupt' && journal.finished !== undefined;
    if (isFinished && (await isPublished(target, journal))) continue;
    if (isPutId(files.id) || (await ifThere(() => lstat(files.partial))) === undefined) {
      await removeUpload(files);
    }
  }
}

/** The bytes first: a journal without bytes still says whose it was. */
export async function removeUpload(files: UploadFiles): Promise<void> {
  await rm(files.partial, { force: true });
  await rm(files.journal, { force: true });
}
