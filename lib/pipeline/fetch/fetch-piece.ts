import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { crc32 } from '../../integrity/crc32.ts';
import type { PieceResult, PieceTask } from '../../transfer/messages.ts';
import type { Part } from '../../transfer/plan/ledger.ts';
import { isServerSideCopy, pieceRange } from '../../transfer/plan/plan.ts';
import { attemptOf } from '../../transfer/record/record.ts';
import type { Transfer, Transferring } from '../../transfer/record/states.ts';
import type { ByteReader } from '../../values/bytes.ts';
import { rangeLength } from '../../values/ranges.ts';
import { closedForMs } from '../shared/hosts/look.ts';
import type { Ports } from '../shared/ports.ts';
import { unsealSource } from '../shared/source-needed.ts';
import { uploadRef } from '../shared/upload-ref.ts';
import { bodyOf } from '../shared/windows.ts';
import { copyPiece } from './copy-piece.ts';
import type { FetcherMemory } from './fetcher-memory.ts';
import type { OpenRange } from './lane.ts';
import type { RecordCache } from './record-cache.ts';
import type { RescuedReaderOptions } from './rescued-reader.ts';
import { openRescued } from './rescued-reader.ts';

/**
 * Brings one piece from the source into its part, and reports. Repeatable, stateless, never keeps anything partial
 * (invariant 3): a piece may be fetched twice, late, or by two workers at once.
 *
 * Throws only when even the report could not be sent, or the signal was aborted: then the message comes again.
 */
export async function fetchPiece(
  ports: Ports,
  memory: FetcherMemory,
  task: PieceTask,
  signal: AbortSignal,
): Promise<void> {
  const record = await currentRecord(memory.cache, task);
  if (record === undefined) return;
  const startedAt = ports.clock.now();
  // A clock may be put back meanwhile; a time below nothing would make a message that can not be read.
  const tookMs = () => Math.max(0, ports.clock.now() - startedAt);
  const report = async (outcome: Pick<PieceResult, 'outcome' | 'bytes' | 'error'>) => {
    const { transferId, planId, pieceNumber, attempt } = task;
    const elapsedMs = tookMs();
    await ports.queues.finalizer.send([
      { body: { kind: 'result', v: 1, transferId, planId, pieceNumber, attempt, elapsedMs, ...outcome } },
    ]);
  };
  try {
    const part = await transferPiece(ports, memory, record, task, signal);
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
    await report({ outcome: 'failed', bytes: 0, error });
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
    task.attempt >= attemptOf(record, task.pieceNumber)
  );
}

async function transferPiece(
  ports: Ports,
  memory: FetcherMemory,
  record: Transferring,
  task: PieceTask,
  signal: AbortSignal,
): Promise<Part> {
  const { plan, snapshot } = record;
  const range = pieceRange(plan, task.pieceNumber);
  const sizeBytes = rangeLength(range);
  const locator = await unsealSource(ports, record);
  const { url } = record.request.source;
  await beOpen(ports, url);
  const part = { number: task.pieceNumber, sizeBytes, offset: range.start };
  if (isServerSideCopy(plan)) {
    await announceStart(ports, task, sizeBytes);
    return await copyPiece(ports, record, locator, part, signal);
  }
  // The window comes before the connection: an open connection without a reader would stall, or be cut.
  using window = await ports.windows.borrow(signal);
  await announceStart(ports, task, sizeBytes);
  const source = ports.sources(locator.url);
  const open: OpenRange = (wanted, own) => source.open(locator, snapshot, wanted, { signal: own });
  const siblings = plan.mode === 'pieces' ? memory.siblings(task.planId, plan.pieceSizeBytes) : undefined;
  await using reader = counted(
    ports,
    task,
    siblings === undefined
      ? await open(range, signal)
      : await openPiece(ports, task, { range, open, siblings, signal, url }),
  );
  const body = await bodyOf(reader, sizeBytes, window, crc32);
  const destination = ports.destinations(record.request.destination);
  return await destination.uploadPart(uploadRef(destination, record, record.upload), part, body, { signal });
}

async function openPiece(
  ports: Ports,
  { transferId, pieceNumber }: PieceTask,
  piece: Pick<RescuedReaderOptions, 'range' | 'open' | 'siblings' | 'signal'> & { readonly url: string },
): Promise<ByteReader> {
  return await openRescued({
    ...piece,
    clock: ports.clock,
    async openAgain(rest, signal) {
      await beOpen(ports, piece.url);
      return await piece.open(rest, signal);
    },
    onRescue: (rescue) => ports.events.emit({ type: 'piece.rescued', transferId, pieceNumber, ...rescue }),
  });
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

/** Tells the progress of a piece as its bytes come in. */
function counted(ports: Ports, task: PieceTask, reader: ByteReader): ByteReader {
  let bytes = 0;
  return {
    async read(into) {
      const got = await reader.read(into);
      bytes += got;
      if (got > 0)
        await ports.events.emit({
          type: 'piece.progress',
          transferId: task.transferId,
          pieceNumber: task.pieceNumber,
          bytes,
        });
      return got;
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
