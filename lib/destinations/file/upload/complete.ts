import type { FileHandle } from 'node:fs/promises';
import { link, lstat, rename, rm } from 'node:fs/promises';
import { syncFolder } from '../../../disk/durable.ts';
import { PieceworkError } from '../../../errors/error.ts';
import { combineParts, crc32Hex } from '../../../integrity/crc32.ts';
import type { ObjectSpec, Proof, Stored, WriteCondition } from '../../destination.ts';
import { diskError, hasErrno, ifThere, onDisk, uploadLost } from '../errors.ts';
import type { FileTarget } from '../target.ts';
import type { FinishedFile } from './journal.ts';
import { describeFile, isThatFile } from './journal.ts';
import type { PartialFile } from './partial.ts';

/**
 * Gives the bytes the target's name, all or nothing, also across a power failure:
 *
 *     no piece can land any more → size, mode, time → fsync of the bytes
 *     → `finished` in the journal, fsync      from here on `head` knows our file by its inode
 *     → is it still our file that has the name? → rename, or link where nothing may be there → fsync of the folder
 *
 * Stopped anywhere it can be done again. After a failure the upload stands as it was.
 */
export async function completePartial(
  partial: PartialFile,
  target: FileTarget,
  proof: Proof,
  signal: AbortSignal,
): Promise<Stored> {
  checkProof(partial, proof);
  await partial.gate.close();
  try {
    // Once more, since a piece may have been struck off until the gate was closed.
    checkProof(partial, proof);
    signal.throwIfAborted();
    const finished = await onDisk(target.path, () => seal(partial, target, proof));
    await publish(partial, target, finished, proof.condition);
    return { sizeBytes: finished.sizeBytes };
  } catch (error) {
    partial.gate.open();
    throw error;
  }
}

function checkProof(partial: PartialFile, proof: Proof): void {
  for (const part of proof.parts) {
    const listed = partial.parts.get(part.number);
    if (listed?.sizeBytes === part.sizeBytes && listed.crc32 === part.crc32) continue;
    throw new PieceworkError(
      'ChecksumMismatch',
      `piece ${part.number} of ${partial.target.path} is no longer the one that was proved`,
    );
  }
  const whole = combineParts(proof.parts);
  const sizeBytes = proof.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (whole === proof.crc32 && sizeBytes === proof.sizeBytes) return;
  throw new PieceworkError(
    'ChecksumMismatch',
    `the pieces of ${partial.target.path} make ${sizeBytes} bytes with CRC-32 ${crc32Hex(whole)}, and not ${proof.sizeBytes} with ${crc32Hex(proof.crc32)}`,
  );
}

async function seal(
  { file, flush, journal, journalFile, files }: PartialFile,
  target: FileTarget,
  { object, sizeBytes }: Proof,
): Promise<FinishedFile> {
  if ((await file.stat()).size < sizeBytes)
    throw uploadLost(target.path, `${files.partial} was cut short by something else`);
  await file.truncate(sizeBytes);
  if (target.existing !== undefined) await file.chmod(target.existing.mode & 0o777);
  await keepTime(file, object);
  await flush.finish();
  const finished = await describeFile(file);
  await journal.append({ kind: 'finished', file: finished });
  await journalFile.sync();
  return finished;
}

async function keepTime(file: PartialFile['file'], { modifiedAt }: ObjectSpec): Promise<void> {
  const at = modifiedAt === undefined ? Number.NaN : Date.parse(modifiedAt);
  if (Number.isFinite(at)) await file.utimes(new Date(), new Date(at));
}

async function publish(
  { file, files: { partial: from } }: PartialFile,
  target: FileTarget,
  finished: FinishedFile,
  condition: WriteCondition,
): Promise<void> {
  try {
    // A rename goes by the name, and everything that was proved by the open file.
    if (await isReplaced(from, file, finished)) throw uploadLost(target.path, `${from} was replaced by something else`);
    if (condition === 'absent') await link(from, target.path);
    else await rename(from, target.path);
  } catch (error) {
    // An earlier try may have got this far.
    if (!(await onDisk(target.path, () => isThatFile(target.path, finished)))) throw refusal(error, from, target.path);
  }
  await onDisk(target.path, async () => {
    // `link` leaves the old name, and so does `rename` where both names are of the same file already.
    await rm(from, { force: true });
    await syncFolder(target.folder);
  });
}

/** Another file, a link, or changed since it was sealed. One that is not there was renamed by an earlier try. */
async function isReplaced(from: string, file: FileHandle, { sizeBytes, modifiedMs }: FinishedFile): Promise<boolean> {
  const [own, there] = await Promise.all([file.stat({ bigint: true }), ifThere(() => lstat(from, { bigint: true }))]);
  if (there === undefined) return false;
  const isSame = there.isFile() && there.ino === own.ino && there.dev === own.dev && Number(there.size) === sizeBytes;
  // Some file systems keep times to two seconds only.
  return !isSame || Math.abs(Number(there.mtimeMs) - modifiedMs) > 2000;
}

function refusal(error: unknown, from: string, path: string): unknown {
  const about = { cause: error, details: { target: path } };
  if (hasErrno(error, 'EEXIST')) {
    return new PieceworkError('DestinationExists', `${path} exists already, and was not to be replaced`, about);
  }
  if (hasErrno(error, 'ENOENT')) return uploadLost(path, `${from} was removed or renamed by something else`);
  if (hasErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) {
    return new PieceworkError(
      'DestinationUnsupported',
      `the file system of ${path} can't create a file only where none is (it has no hard links); allow it to be replaced, or give another folder`,
      about,
    );
  }
  return diskError(error, path);
}
