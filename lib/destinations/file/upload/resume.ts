import { lstat, rename } from 'node:fs/promises';
import { crc32 } from '../../../integrity/crc32.ts';
import type { UploadRef } from '../../destination.ts';
import { ifThere } from '../errors.ts';
import type { UploadFiles } from '../names.ts';
import type { FileTarget } from '../target.ts';
import type { Journal, JournalPart } from './journal.ts';
import { isThatFile, readJournal } from './journal.ts';
import type { PartialFile, Ways } from './partial.ts';
import { openPartial } from './partial.ts';

/** How an upload that this process did not create itself is found. */
export type Found = PartialFile | 'finished' | 'gone';

export interface ResumeOptions extends Ways {
  readonly warn: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Goes on with what an earlier process left. A killed process leaves a true journal, but a power failure may have lost
 * bytes that the journal speaks of: so each piece is read again and listed only if it still has its checksum.
 */
export async function resumeUpload(
  target: FileTarget,
  files: UploadFiles,
  upload: UploadRef,
  options: ResumeOptions,
): Promise<Found> {
  const journal = await readJournal(files.journal);
  if (journal === undefined) return 'gone';
  if (journal === 'corrupt') {
    // Without bytes it is one that was cut off as it was begun: no upload misses it, and it is swept away.
    const hasBytes = (await ifThere(() => lstat(files.partial))) !== undefined;
    if (hasBytes) await setAside(files.journal, target.path, options.warn);
    return 'gone';
  }
  if (journal.header.token !== upload.token || journal.header.target !== target.name) return 'gone';
  if (await isPublished(target, journal)) return 'finished';
  const partial = await openPartial(target, files, journal, options);
  if (partial === undefined) return 'gone';
  try {
    const untrue = await strikeUntrue(partial, journal.parts, options.signal);
    if (untrue > 0) {
      const pieces = untrue === 1 ? '1 piece' : `${untrue} pieces`;
      options.warn(
        `${pieces} of the unfinished ${target.path} did not match the journal any more and will be fetched again`,
      );
    }
    return partial;
  } catch (error) {
    await partial.close();
    throw error;
  }
}

/** Its bytes have got the target's name already. */
export async function isPublished(target: FileTarget, journal: Journal): Promise<boolean> {
  return journal.finished !== undefined && (await isThatFile(target.path, journal.finished));
}

const READ_BYTES = 1024 * 1024;

async function strikeUntrue(
  partial: PartialFile,
  parts: Map<number, JournalPart>,
  signal: AbortSignal,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let untrue = 0;
  for (const part of [...parts.values()].sort((a, b) => a.offset - b.offset)) {
    if ((await checksumOf(partial, part, buffer, signal)) === part.crc32) continue;
    parts.delete(part.number);
    untrue += 1;
  }
  return untrue;
}

async function checksumOf(
  partial: PartialFile,
  part: JournalPart,
  buffer: Buffer,
  signal: AbortSignal,
): Promise<number | undefined> {
  let crc = 0;
  for (let done = 0; done < part.sizeBytes; ) {
    signal.throwIfAborted();
    const want = Math.min(buffer.length, part.sizeBytes - done);
    const { bytesRead } = await partial.file.read(buffer, 0, want, part.offset + done);
    if (bytesRead === 0) return undefined;
    crc = crc32(buffer.subarray(0, bytesRead), crc);
    done += bytesRead;
  }
  return crc;
}

/** Kept for people who look for the cause, never read again. */
async function setAside(journal: string, path: string, warn: (sentence: string) => void): Promise<void> {
  const aside = `${journal}.corrupt-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
  await rename(journal, aside);
  warn(
    `the journal of the unfinished ${path} is damaged: its pieces are fetched again; the journal was set aside as ${aside} and may be deleted`,
  );
}
