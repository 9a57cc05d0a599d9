import type { FileHandle } from 'node:fs/promises';
import { PieceworkError } from '../../../errors/error.ts';
import { crc32 } from '../../../integrity/crc32.ts';
import type { Body } from '../../../values/bytes.ts';
import type { PartSpec } from '../../destination.ts';
import { viewsOf } from '../body.ts';
import { onDisk } from '../errors.ts';
import type { Flusher } from '../flush.ts';
import type { Gate, Turns } from '../gate.ts';
import type { FileTarget } from '../target.ts';
import type { JournalHeader, JournalPart, JournalWriter } from './journal.ts';
import type { WriteAt } from './write-all.ts';
import { writeAll } from './write-all.ts';

/** What a piece is written to. */
export interface PartsFile {
  readonly target: FileTarget;
  readonly header: JournalHeader;
  readonly parts: Map<number, JournalPart>;
  readonly file: FileHandle;
  readonly flush: Flusher;
  readonly journal: JournalWriter;
  readonly writeAt: WriteAt;
  /** How much is best written at once. Absent: as it comes. */
  readonly viewBytes?: number;
}

/**
 * Bytes first, then the journal. Two workers with the same piece take turns, and a piece that is listed already is
 * compared, not overwritten: a late duplicate that breaks off leaves it whole. With other bytes it is struck off first.
 */
export async function writePart(
  to: PartsFile,
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
async function receive(to: PartsFile, io: Gate, part: PartSpec, body: Body, signal: AbortSignal): Promise<number> {
  const listed = to.parts.get(part.number);
  let isListed = listed?.sizeBytes === part.sizeBytes && listed.offset === part.offset;
  if (listed !== undefined && !isListed) await strikeOff(to, io, part.number);
  let at = part.offset;
  let crc = body.kind === 'whole' ? body.crc32 : 0;
  for await (const view of viewsOf(body, part.sizeBytes, signal, to.viewBytes)) {
    signal.throwIfAborted();
    if (isListed && !(await io.pass(() => isThere(to, view, at)))) {
      await strikeOff(to, io, part.number);
      isListed = false;
    }
    if (!isListed) await io.pass(() => writeView(to, view, at));
    if (body.kind === 'windows') crc = crc32(view, crc);
    at += view.length;
  }
  return crc;
}

function checkPlace({ header, target }: PartsFile, { number, offset, sizeBytes }: PartSpec): void {
  const end = offset + sizeBytes;
  const isWithin = header.sizeBytes === undefined ? Number.isSafeInteger(end) : end <= header.sizeBytes;
  if (Number.isSafeInteger(number) && number >= 1 && offset >= 0 && sizeBytes >= 0 && isWithin) return;
  throw new PieceworkError(
    'DestinationRefused',
    `piece ${number} of ${sizeBytes} bytes at ${offset} lies outside of ${target.path}`,
  );
}

async function strikeOff(to: PartsFile, io: Gate, number: number): Promise<void> {
  await io.pass(() => onDisk(to.target.path, () => to.journal.append({ kind: 'dropped', number })));
  to.parts.delete(number);
}

async function writeView(
  { target, file, flush, writeAt }: PartsFile,
  bytes: Uint8Array,
  offset: number,
): Promise<void> {
  await writeAll({ file, writeAt, path: target.path }, bytes, offset, (taken) => flush.wrote(taken));
}

const COMPARE_BYTES = 262_144;

async function isThere(to: PartsFile, bytes: Uint8Array, offset: number): Promise<boolean> {
  const there = Buffer.allocUnsafe(Math.min(COMPARE_BYTES, bytes.length));
  for (let at = 0; at < bytes.length; ) {
    const want = Math.min(there.length, bytes.length - at);
    const { bytesRead } = await onDisk(to.target.path, () => to.file.read(there, 0, want, offset + at));
    if (bytesRead === 0 || there.compare(bytes, at, at + bytesRead, 0, bytesRead) !== 0) return false;
    at += bytesRead;
  }
  return true;
}
