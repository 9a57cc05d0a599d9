import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { crc32 } from '../../integrity/crc32.ts';
import { openLoad } from '../../transfer/loads/loads.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { PieceResult, PieceTask } from '../../transfer/messages.ts';
import type { Part } from '../../transfer/plan/ledger.ts';
import { leastPieceBytes } from '../../transfer/plan/pace.ts';
import { hasPiece, NO_PIECES } from '../../transfer/plan/piece-set.ts';
import { isServerSideCopy, pieceRange } from '../../transfer/plan/plan.ts';
import { attemptOf } from '../../transfer/record/record.ts';
import type { Transfer, Transferring } from '../../transfer/record/states.ts';
import type { ByteReader } from '../../values/bytes.ts';
import { rangeLength } from '../../values/ranges.ts';
import type { OpenRange } from '../shared/bodies/continued-reader.ts';
import { continuedReader } from '../shared/bodies/continued-reader.ts';
import { inTime } from '../shared/bodies/in-time.ts';
import { closedForMs } from '../shared/hosts/look.ts';
import type { Ports } from '../shared/ports.ts';
import { unsealSource } from '../shared/source-needed.ts';
import { uploadRef } from '../shared/upload-ref.ts';
import { bodyOf } from '../shared/windows.ts';
import { copyPiece } from './copy-piece.ts';
import type { FetcherMemory } from './fetcher-memory.ts';
import type { RecordCache } from './record-cache.ts';
import { reportPieces } from './report-pieces.ts';
import { openRescued } from './rescued-reader.ts';

export interface PieceOptions {
  /**
   * Called once its source is not going to be asked any more: all bytes are here, and may still be on their way to the
   * destination.
   */
  readonly onRead?: () => void;
  /** Sends the result, or keeps it for others of its load. @default it is sent at once, by itself */
  readonly report?: (result: PieceResult) => Promise<void>;
}

/**
 * Brings one piece from the source into its part, and reports. Repeatable, stateless, never keeps anything partial
 * (invariant 3): a piece may be fetched twice, late, or by two workers at once.
 *
 * Throws only when even the report could not be sent, or the signal was aborted: then the message comes again.
 * @param task of a load: the piece that it names first, and no other (`fetchLoad`)
 */
export async function fetchPiece(
  ports: Ports,
  memory: FetcherMemory,
  task: PieceTask,
  signal: AbortSignal,
  { onRead = () => {}, report: send = (result) => reportPieces(ports, [result]) }: PieceOptions = {},
): Promise<void> {
  const record = await currentRecord(memory.cache, task);
  if (record === undefined) return;
  const startedAt = ports.clock.now();
  // A clock may be put back meanwhile; a time below nothing would make a message that can not be read.
  const tookMs = () => Math.max(0, ports.clock.now() - startedAt);
  const report = async (outcome: Pick<PieceResult, 'outcome' | 'bytes' | 'error'>) => {
    const { transferId, planId, pieceNumber, attempt } = task;
    const named = { transferId, planId, pieceNumber, attempt } as const;
    await send({ kind: 'result', v: 1, ...named, elapsedMs: tookMs(), ...outcome });
  };
  const came = { bytes: 0 };
  try {
    const part = await transferPiece(ports, memory, record, task, { signal, onRead, came });
    const { transferId, pieceNumber } = task;
    await ports.events.emit({
      type: 'piece.done',
      transferId,
      pieceNumber,
      bytes: part.sizeBytes,
      elapsedMs: tookMs(),
      ...(isServerSideCopy(record.plan) ? { serverSideCopy: true } : {}),
    });
    await report({ outcome: 'done', bytes: part.sizeBytes });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toErrorRecord(asPieceworkError(thrown));
    const { transferId, pieceNumber, attempt } = task;
    await ports.events.emit({ type: 'piece.failed', transferId, pieceNumber, attempt, error });
    await report({ outcome: 'failed', bytes: came.bytes, error });
  }
}

/**
 * Rules 6 and 8: drop only what the record, freshly read where in doubt, says is over, of
 * another plan, or answered already.
 */
async function currentRecord(cache: RecordCache, task: PieceTask): Promise<Transferring | undefined> {
  const cached = await cache.get(task.transferId);
  const inDoubt =
    cached === undefined || !isCurrent(cached, task) || task.attempt > attemptOf(cached, task.pieceNumber);
  const record = inDoubt ? await cache.reload(task.transferId) : cached;
  return record !== undefined && isCurrent(record, task) ? record : undefined;
}

function isCurrent(record: Transfer, task: PieceTask): record is Transferring {
  return (
    record.status === 'transferring' &&
    record.planId === task.planId &&
    task.attempt >= attemptOf(record, task.pieceNumber) &&
    isOfItsLoad(record, task)
  );
}

/** What is no more of the load is there, has failed, or was handed back: others have it, if it is to be fetched. */
function isOfItsLoad({ loads }: Transfer, { load, pieceNumber }: PieceTask): boolean {
  if (load === undefined) return true;
  return hasPiece(openLoad(loads, load.number)?.pieces ?? NO_PIECES, pieceNumber);
}

interface Fetching {
  readonly signal: AbortSignal;
  readonly onRead: () => void;
  /** Counts what has come: a sign of life, whatever becomes of it. */
  readonly came: { bytes: number };
}

async function transferPiece(
  ports: Ports,
  memory: FetcherMemory,
  record: Transferring,
  task: PieceTask,
  { signal, onRead, came }: Fetching,
): Promise<Part> {
  const startedAt = ports.clock.now();
  const { plan } = record;
  const { transferId, pieceNumber } = task;
  const range = pieceRange(plan, pieceNumber);
  const sizeBytes = rangeLength(range);
  const locator = await unsealSource(ports, record);
  await beOpen(ports, record.request.source.url);
  const part = { number: pieceNumber, sizeBytes, offset: range.start };
  if (isServerSideCopy(plan)) {
    await announceStart(ports, task, sizeBytes);
    return await copyPiece(ports, record, locator, part, signal);
  }
  // The window comes before the connection: an open connection without a reader would stall, or be cut.
  using window = await ports.windows.borrow(signal);
  await announceStart(ports, task, sizeBytes);
  const ranges = rangesOf(ports, record, locator, task);
  const siblings = plan.mode === 'pieces' ? memory.siblings(task.planId, plan.pieceSizeBytes) : undefined;
  const opened =
    siblings === undefined
      ? await ranges.open(range, signal)
      : await openRescued({
          ...ranges,
          range,
          siblings,
          signal,
          clock: ports.clock,
          onRescue: (rescue) => ports.events.emit({ type: 'piece.rescued', transferId, pieceNumber, ...rescue }),
        });
  await using reader = closedAtEnd(counted(ports, task, opened, came), onRead);
  const destination = ports.destinations(record.request.destination);
  const whole = plan.sizeBytes ?? sizeBytes;
  const timed = inTime(reader, {
    url: record.request.source.url,
    sizeBytes,
    leastBytes: leastPieceBytes(whole, destination.limits),
    startedAt,
    lifeMs: ports.policy.pieceLifeMs,
    clock: ports.clock,
  });
  const body = await bodyOf(timed, sizeBytes, window, crc32);
  return await destination.uploadPart(uploadRef(destination, record, record.upload), part, body, { signal });
}

/** Ranges of the planned version, each of which goes on where its connection breaks. */
function rangesOf(
  ports: Ports,
  { request, snapshot }: Transferring,
  locator: SourceLocator,
  { transferId, pieceNumber }: PieceTask,
): { readonly open: OpenRange; readonly openAgain: OpenRange } {
  const source = ports.sources(locator.url);
  const ask: OpenRange = (range, signal) => source.open(locator, snapshot, range, { signal });
  const askAgain: OpenRange = async (rest, signal) => {
    await beOpen(ports, request.source.url);
    return await ask(rest, signal);
  };
  const going =
    (asked: OpenRange): OpenRange =>
    async (range, signal) =>
      continuedReader(await asked(range, signal), {
        ports,
        transferId,
        pieceNumber,
        range,
        openAgain: askAgain,
        signal,
      });
  return { open: going(ask), openAgain: going(askAgain) };
}

async function announceStart(
  ports: Ports,
  { transferId, pieceNumber, attempt }: PieceTask,
  bytes: number,
): Promise<void> {
  await ports.events.emit({ type: 'piece.started', transferId, pieceNumber, attempt, bytes });
}

/** What the host asked of one of us, all of us do: the piece is put off, unasked (rule 5). */
async function beOpen(ports: Ports, url: string): Promise<void> {
  const retryAfterMs = await closedForMs(ports, url);
  if (retryAfterMs === 0) return;
  throw new PieceworkError('SourceBusy', `${url}: the host has asked for patience`, {
    details: { retryAfterMs, postponed: true },
  });
}

/**
 * Lets go of its connection with the last byte: another piece may have it while the bytes of this one are still on
 * their way to the destination.
 */
function closedAtEnd(reader: ByteReader, onEnd: () => void): ByteReader {
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await reader[Symbol.asyncDispose]();
    onEnd();
  };
  return {
    async read(into) {
      const got = isClosed ? 0 : await reader.read(into);
      if (got === 0) await close();
      return got;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Tells the progress of a piece as its bytes come in. */
function counted(ports: Ports, task: PieceTask, reader: ByteReader, came: Fetching['came']): ByteReader {
  return {
    async read(into) {
      const got = await reader.read(into);
      came.bytes += got;
      if (got > 0)
        await ports.events.emit({
          type: 'piece.progress',
          transferId: task.transferId,
          pieceNumber: task.pieceNumber,
          bytes: came.bytes,
        });
      return got;
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
