import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { PieceworkError } from '../../../errors/error.ts';
import { crc32 } from '../../../integrity/crc32.ts';
import type { Body, ByteReader } from '../../../values/bytes.ts';
import type { ObjectSpec, PartSpec } from '../../destination.ts';
import { viewsOf } from '../body.ts';
import { hasErrno, onDisk, uploadLost } from '../errors.ts';
import type { Flusher } from '../flush.ts';
import { flusher } from '../flush.ts';
import type { Gate, Turns } from '../gate.ts';
import { gate, turns } from '../gate.ts';
import type { UploadFiles } from '../names.ts';
import type { FileTarget } from '../target.ts';
import type { Journal, JournalHeader, JournalPart, JournalWriter } from './journal.ts';
import { journalWriter } from './journal.ts';

/** Writes at a position; returns how many bytes it took. A seam for tests: a full disk is hard to come by. */
export type WriteAt = (file: FileHandle, bytes: Uint8Array, position: number) => Promise<number>;

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

export async function createPartial(
  target: FileTarget,
  files: UploadFiles,
  object: ObjectSpec,
  writeAt: WriteAt,
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
    const journal = journalWriter(journalFile, true);
    await journal.append({ kind: 'upload', upload: header });
    await journalFile.sync();
    const file = await open(files.partial, 'wx+', mode);
    return await orClose(file, async () => {
      if (object.sizeBytes !== undefined) await file.truncate(object.sizeBytes);
      return partialFile({ target, files, header, parts: new Map(), file, journalFile, journal, writeAt });
    });
  });
}

/** `undefined` = its bytes are gone. */
export async function openPartial(
  target: FileTarget,
  files: UploadFiles,
  found: Journal,
  writeAt: WriteAt,
): Promise<PartialFile | undefined> {
  let file: FileHandle;
  try {
    file = await open(files.partial, 'r+');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  return await orClose(file, async () => {
    const journalFile = await open(files.journal, 'a');
    const journal = journalWriter(journalFile, false);
    return partialFile({
      target,
      files,
      header: found.header,
      parts: found.parts,
      file,
      journalFile,
      journal,
      writeAt,
    });
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

interface Opened
  extends Pick<PartialFile, 'target' | 'files' | 'header' | 'file' | 'flush' | 'journal' | 'journalFile'> {
  readonly parts: Map<number, JournalPart>;
  readonly writeAt: WriteAt;
}

function partialFile(files: Omit<Opened, 'flush'>): PartialFile {
  const { target, file, journalFile } = files;
  const opened = { ...files, flush: flusher(file) };
  const io = gate(() => uploadLost(target.path, 'it was completed, aborted or closed'));
  const inTurn = turns();
  return {
    ...opened,
    gate: io,
    writePart: (part, body, signal) => writePart(opened, io, inTurn, part, body, signal),
    read: (sizeBytes, signal) => readFrom(opened, io, sizeBytes, signal),
    async close() {
      await io.close();
      await Promise.all([file.close(), journalFile.close()]);
    },
  };
}

/**
 * Bytes first, then the journal. Two workers with the same piece take turns, and a piece that is listed already is
 * compared, not overwritten: a late duplicate that breaks off leaves it whole. With other bytes it is struck off first.
 */
async function writePart(
  to: Opened,
  io: Gate,
  inTurn: Turns,
  part: PartSpec,
  body: Body,
  signal: AbortSignal,
): Promise<JournalPart> {
  checkPlace(to, part);
  return await inTurn(String(part.number), signal, async () => {
    const { number, offset, sizeBytes } = part;
    const crc = await receive(to, io, part, body, signal);
    const listed = to.parts.get(number);
    if (listed !== undefined) return listed;
    const done: JournalPart = { number, offset, sizeBytes, crc32: crc, modifiedAt: new Date().toISOString() };
    await io.pass(() => onDisk(to.target.path, () => to.journal.append({ kind: 'part', part: done })));
    to.parts.set(number, done);
    return done;
  });
}

/** Leaves the piece listed if all its bytes were there already, and else struck off. */
async function receive(to: Opened, io: Gate, part: PartSpec, body: Body, signal: AbortSignal): Promise<number> {
  const listed = to.parts.get(part.number);
  let isListed = listed?.sizeBytes === part.sizeBytes && listed.offset === part.offset;
  if (listed !== undefined && !isListed) await strikeOff(to, io, part.number);
  let at = part.offset;
  let crc = body.kind === 'whole' ? body.crc32 : 0;
  for await (const view of viewsOf(body, part.sizeBytes, signal)) {
    signal.throwIfAborted();
    if (isListed && !(await io.pass(() => isThere(to, view, at)))) {
      await strikeOff(to, io, part.number);
      isListed = false;
    }
    if (!isListed) await io.pass(() => writeAll(to, view, at));
    if (body.kind === 'windows') crc = crc32(view, crc);
    at += view.length;
  }
  return crc;
}

function checkPlace({ header, target }: Opened, { number, offset, sizeBytes }: PartSpec): void {
  const end = offset + sizeBytes;
  const isWithin = header.sizeBytes === undefined ? Number.isSafeInteger(end) : end <= header.sizeBytes;
  if (Number.isSafeInteger(number) && number >= 1 && offset >= 0 && sizeBytes >= 0 && isWithin) return;
  throw new PieceworkError(
    'DestinationRefused',
    `piece ${number} of ${sizeBytes} bytes at ${offset} lies outside of ${target.path}`,
  );
}

async function strikeOff(to: Opened, io: Gate, number: number): Promise<void> {
  await io.pass(() => onDisk(to.target.path, () => to.journal.append({ kind: 'dropped', number })));
  to.parts.delete(number);
}

async function writeAll(to: Opened, bytes: Uint8Array, offset: number): Promise<void> {
  await onDisk(to.target.path, async () => {
    for (let written = 0; written < bytes.length; ) {
      const taken = await to.writeAt(to.file, bytes.subarray(written), offset + written);
      if (taken === 0)
        throw new PieceworkError('DestinationRefused', `the system takes no more bytes for ${to.target.path}`);
      written += taken;
      to.flush.wrote(taken);
    }
  });
}

const COMPARE_BYTES = 262_144;

async function isThere(to: Opened, bytes: Uint8Array, offset: number): Promise<boolean> {
  const there = Buffer.allocUnsafe(Math.min(COMPARE_BYTES, bytes.length));
  for (let at = 0; at < bytes.length; ) {
    const want = Math.min(there.length, bytes.length - at);
    const { bytesRead } = await onDisk(to.target.path, () => to.file.read(there, 0, want, offset + at));
    if (bytesRead === 0 || there.compare(bytes, at, at + bytesRead, 0, bytesRead) !== 0) return false;
    at += bytesRead;
  }
  return true;
}

function readFrom(from: Opened, io: Gate, sizeBytes: number, signal: AbortSignal): ByteReader {
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
