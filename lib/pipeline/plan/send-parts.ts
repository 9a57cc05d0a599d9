import { PieceworkError } from '../../errors/error.ts';
import { crc32 } from '../../integrity/crc32.ts';
import type { StreamPlan } from '../../transfer/plan/plan.ts';
import type { Transferring } from '../../transfer/record/states.ts';
import type { Body, ByteReader, Window } from '../../values/bytes.ts';
import { formatBytes } from '../../values/units.ts';
import { loadTransfer } from '../shared/store.ts';
import { TakenOver } from '../shared/taken-over.ts';
import { uploadRef } from '../shared/upload-ref.ts';
import { fill } from '../shared/windows.ts';
import { checkPace } from './pace/stream-pace.ts';
import type { PlanningWork } from './planning-work.ts';

export interface StreamInHand {
  readonly record: Transferring<StreamPlan>;
  readonly slab: Window;
  /** Bytes of the first part, or of its beginning, that are in the slab already. */
  readonly inHandBytes: number;
  /** What follows them. */
  readonly body: ByteReader;
  /** Gets all bytes, in order. */
  readonly onBytes: (bytes: Uint8Array) => void;
}

/** Part after part, to the end of the body. */
export async function sendParts(
  work: PlanningWork,
  { record, slab, inHandBytes, body, onBytes }: StreamInHand,
): Promise<{ readonly sizeBytes: number; readonly pieceCount: number }> {
  const { ports, destination, signal } = work;
  const { plan, upload } = record;
  const startedAt = ports.clock.now();
  let lookedAt = startedAt;
  let offset = 0;
  let filled = inHandBytes;
  for (let number = 1; ; number += 1) {
    if (filled === 0) return { sizeBytes: offset, pieceCount: number - 1 };
    checkPace(ports.policy, record, offset, ports.clock.now() - startedAt);
    checkCount(number, record, destination.limits.maxPieces);
    const sizeBytes =
      plan.pieceSizeBytes <= slab.bytes.length ? filled : Math.min(plan.pieceSizeBytes, (plan.sizeBytes ?? 0) - offset);
    const part = wholeOrWindows(slab, filled, sizeBytes, body, onBytes);
    await ports.events.emit({
      type: 'piece.started',
      transferId: record.id,
      pieceNumber: number,
      attempt: 1,
      bytes: sizeBytes,
    });
    await destination.uploadPart(uploadRef(destination, record, upload), { number, sizeBytes, offset }, part, {
      signal,
    });
    await ports.events.emit({
      type: 'piece.done',
      transferId: record.id,
      pieceNumber: number,
      bytes: sizeBytes,
      elapsedMs: 0,
    });
    offset += sizeBytes;
    if (ports.clock.now() - lookedAt >= ports.policy.recordCacheMs) {
      await stillOurs(work, record);
      lookedAt = ports.clock.now();
    }
    filled = await fill(body, slab.bytes.subarray(0, Math.min(plan.pieceSizeBytes, slab.bytes.length)));
  }
}

/** A part that fits the slab is checksummed and can be sent again; a larger one, of known length, passes through it. */
function wholeOrWindows(
  slab: Window,
  filled: number,
  sizeBytes: number,
  body: ByteReader,
  onBytes: (bytes: Uint8Array) => void,
): Body {
  const inHand = slab.bytes.subarray(0, filled);
  onBytes(inHand);
  if (filled === sizeBytes) return { kind: 'whole', bytes: inHand, crc32: crc32(inHand) };
  let given = 0;
  return {
    kind: 'windows',
    async next() {
      if (given === 0) {
        given = filled;
        return inHand;
      }
      const got = await fill(body, slab.bytes.subarray(0, Math.min(slab.bytes.length, sizeBytes - given)));
      given += got;
      if (got === 0) return undefined;
      onBytes(slab.bytes.subarray(0, got));
      return slab.bytes.subarray(0, got);
    },
  };
}

function checkCount(number: number, { plan, request }: Transferring<StreamPlan>, maxPieces: number): void {
  if (number <= maxPieces) return;
  throw new PieceworkError(
    'DestinationTooSmall',
    `${request.source.url} does not say how long it is, and goes on after ${formatBytes(plan.pieceSizeBytes * maxPieces)}: more than ${maxPieces} parts of ` +
      `${formatBytes(plan.pieceSizeBytes)} do not fit this destination; give a larger --piece-size`,
  );
}

/** A cancel, or another worker that took over, is noticed between two parts. */
async function stillOurs({ ports, planId }: PlanningWork, record: Transferring): Promise<void> {
  const there = await loadTransfer(ports, record.id);
  if (there?.record.status === 'transferring' && there.record.planId === planId) return;
  throw new TakenOver(record.id);
}
