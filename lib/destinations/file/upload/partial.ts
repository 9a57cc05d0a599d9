import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { NotOrdinary, openOrdinary } from '../../../disk/ordinary-file.ts';
import { PieceworkError } from '../../../errors/error.ts';
import type { Body, ByteReader } from '../../../values/bytes.ts';
import type { ObjectSpec, PartSpec } from '../../destination.ts';
import { hasErrno, onDisk, uploadLost } from '../errors.ts';
import type { Flusher } from '../flush.ts';
import { flusher } from '../flush.ts';
import type { Gate } from '../gate.ts';
import { gate, turns } from '../gate.ts';
import type { UploadFiles } from '../names.ts';
import { isPutId } from '../names.ts';
import type { FileTarget } from '../target.ts';
import type { DirectFile, DirectOptions } from './direct.ts';
import { DIRECT_BYTES, directFile } from './direct.ts';
import type { Journal, JournalHeader, JournalPart, JournalWriter } from './journal.ts';
import { journalWriter } from './journal.ts';
import type { WriteAt } from './write-all.ts';
import type { PartsFile } from './write-part.ts';
import { writePart } from './write-part.ts';

/** An upload to a file, open in this process. */
export interface PartialFile {
  readonly target: FileTarget;
  readonly files: UploadFiles;
  readonly header: JournalHeader;
  /** The ledger: written by this process, or found and compared with the bytes. */
  readonly parts: ReadonlyMap<number, JournalPart>;
  readonly file: FileHandle;
  readonly flush: Flusher;
  readonly journal: JournalWriter;
  readonly journalFile: FileHandle;
  /** Everything that touches the file goes through it: closed, nothing of an earlier piece can land any more. */
  readonly gate: Gate;
  writePart(part: PartSpec, body: Body, signal: AbortSignal): Promise<JournalPart>;
  read(sizeBytes: number, signal: AbortSignal): ByteReader;
  /** Waits for what is under way. The files stay. */
  close(): Promise<void>;
}

/** How bytes come into the file. */
export interface Ways {
  readonly writeAt: WriteAt;
  readonly direct: DirectOptions;
}

export async function createPartial(
  target: FileTarget,
  files: UploadFiles,
  object: ObjectSpec,
  { writeAt, direct }: Ways,
): Promise<PartialFile> {
  const header: JournalHeader = {
    v: 1,
    token: object.token,
    target: target.name,
    createdAt: new Date().toISOString(),
    ...(object.sizeBytes === undefined ? {} : { sizeBytes: object.sizeBytes }),
    ...(object.pieceSizeBytes === undefined ? {} : { pieceSizeBytes: object.pieceSizeBytes }),
  };
  // What is not to be read by others now must not be while it is unfinished either.
  const mode = target.existing === undefined ? 0o666 : (target.existing.mode & 0o666) | 0o600;
  const journalFile = await open(files.journal, 'ax', mode);
  return await orClose(journalFile, async () => {
    const journal = journalWriter(journalFile, { isNew: true });
    await journal.append({ kind: 'upload', upload: header });
    // A put that is cut off is rubbish, also without a word that says whose it was.
    if (!isPutId(files.id)) await journalFile.sync();
    const file = await open(files.partial, 'wx+', mode);
    return await orClose(file, async () => {
      if (object.sizeBytes !== undefined) await file.truncate(object.sizeBytes);
      // A put is small.
      const past = isPutId(files.id) ? undefined : await directFile(file, files.partial, object, direct, writeAt);
      return partialFile({ target, files, header, parts: new Map(), file, journalFile, journal, writeAt }, past);
    });
  });
}

/** `undefined` = its bytes are gone. */
export async function openPartial(
  target: FileTarget,
  files: UploadFiles,
  found: Journal,
  { writeAt, direct }: Ways,
): Promise<PartialFile | undefined> {
  let file: FileHandle;
  try {
    file = await openOrdinary(files.partial, 'write');
  } catch (error) {
    // A link in place of the bytes would have us write into another user's file.
    if (hasErrno(error, 'ENOENT') || error instanceof NotOrdinary) return undefined;
    throw error;
  }
  return await orClose(file, async () => {
    const journalFile = await openOrdinary(files.journal, 'append');
    const journal = journalWriter(journalFile, { isNew: false });
    const { header, parts } = found;
    const past = await directFile(file, files.partial, header, direct, writeAt);
    return partialFile({ target, files, header, parts, file, journalFile, journal, writeAt }, past);
  });
}

/** What comes of `use`; should it throw, the file is closed. */
async function orClose<T>(file: FileHandle, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Opened extends Omit<PartsFile, 'flush'> {
  readonly files: UploadFiles;
  readonly journalFile: FileHandle;
}

function partialFile(files: Opened, past: DirectFile | undefined): PartialFile {
  const { target, file, journalFile } = files;
  const ways = past === undefined ? {} : { writeAt: past.writeAt, viewBytes: DIRECT_BYTES };
  const opened = { ...files, ...ways, flush: flusher(file) };
  const io = gate(() => uploadLost(target.path, 'it was completed, aborted or closed'));
  const inTurn = turns();
  return {
    ...opened,
    gate: io,
    writePart: (part, body, signal) => writePart(opened, io, inTurn, part, body, signal),
    read: (sizeBytes, signal) => readFrom(opened, io, sizeBytes, signal),
    async close() {
      await io.close();
      await Promise.all([past?.[Symbol.asyncDispose](), file.close(), journalFile.close()]);
    },
  };
}

function readFrom(
  from: Pick<Opened, 'target' | 'files' | 'file'>,
  io: Gate,
  sizeBytes: number,
  signal: AbortSignal,
): ByteReader {
  let at = 0;
  return {
    async read(into) {
      signal.throwIfAborted();
      const want = Math.min(into.length, sizeBytes - at);
      if (want === 0) return 0;
      const { bytesRead } = await io.pass(() => onDisk(from.target.path, () => from.file.read(into, 0, want, at)));
      if (bytesRead === 0)
        throw new PieceworkError('BodyShort', `${from.files.partial} ends after ${at} of ${sizeBytes} bytes`);
      at += bytesRead;
      return bytesRead;
    },
    async [Symbol.asyncDispose]() {},
  };
}
