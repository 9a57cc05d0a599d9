import { PieceworkError } from '../../errors/error.ts';
import { crc32 } from '../../integrity/crc32.ts';
import { sequentialHasher } from '../../integrity/hasher.ts';
import type { DigestAlgorithm } from '../../transfer/digests.ts';
import type { StreamPlan } from '../../transfer/plan/plan.ts';
import { sealedRunOf } from '../../transfer/record/record.ts';
import type { BeingPlanned, Transferring } from '../../transfer/record/states.ts';
import { adoptPlan } from '../../transfer/record/transitions.ts';
import { giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import type { Body, ByteReader, Window } from '../../values/bytes.ts';
import { formatBytes } from '../../values/units.ts';
import { advance } from '../advance/advance.ts';
import { carryOut } from '../advance/carry-out.ts';
import { proveDigests, unexpectedSize } from '../shared/object-spec.ts';
import { loadTransfer } from '../shared/store.ts';
import { uploadRef } from '../shared/upload-ref.ts';
import { fill } from '../shared/windows.ts';
import type { PlanningWork } from './planning-work.ts';
import { createUpload, saveOrAbort } from './planning-work.ts';
import { putWhole } from './put-single.ts';
import { checkPace } from './stream-pace.ts';

/**
 * One connection, read in order and cut into parts as it comes, for sources without ranges or without a length.
 * The parts go into an upload like any other, so proof, completion and clean-up are the same as for pieces.
 */
export async function runStream(planning: PlanningWork, plan: StreamPlan): Promise<void> {
  const { ports, loaded, probe, signal } = planning;
  if (probe.bodyIsWhole) return await streamBody(planning, plan, probe.body);
  const locator = await ports.secrets.unseal(loaded.record.id, sealedRunOf(loaded.record));
  if (locator === undefined) throw new PieceworkError('Internal', 'the sealed source vanished during planning');
  await probe[Symbol.asyncDispose]();
  await using whole = await ports.sources(locator.url).probe(locator, 'all', { signal });
  await streamBody({ ...planning, probe: whole }, plan, whole.body);
}

async function streamBody(planning: PlanningWork, plan: StreamPlan, body: ByteReader): Promise<void> {
  const { ports, loaded, digests, signal } = planning;
  using slab = await ports.windows.borrowAll(signal);
  if (plan.pieceSizeBytes > slab.bytes.length && plan.sizeBytes === undefined) {
    throw new PieceworkError(
      'PieceSizeOutOfLimits',
      `${loaded.record.request.source.url} does not say how long it is, so each piece must fit into memory before it is sent: ` +
        `pieces of ${formatBytes(plan.pieceSizeBytes)} do not, ${formatBytes(slab.bytes.length)} do; give a smaller --piece-size`,
    );
  }
  // Before anything is created: what ends within the first part needs no upload.
  const first = Math.min(plan.pieceSizeBytes, slab.bytes.length);
  const inHand = await fill(body, slab.bytes.subarray(0, first));
  if (inHand < first)
    return await putWhole(planning, { mode: 'single', sizeBytes: inHand }, slab.bytes.subarray(0, inHand));

  const record = await adoptStream(planning, plan);
  const hasher = sequentialHasher(Object.keys(digests) as DigestAlgorithm[]);
  const sent = await sendParts(planning, record, plan, slab, inHand, body, (bytes) => hasher.update(bytes));
  const { sizeBytes } = record.request.options.expect;
  if (sizeBytes !== undefined && sent.sizeBytes !== sizeBytes)
    throw unexpectedSize(record.request.source.url, sent.sizeBytes, sizeBytes, record.snapshot.contentType);
  const proved = proveDigests(record.request.source.url, digests, hasher.digests());
  const whole: StreamPlan = { ...plan, sizeBytes: sent.sizeBytes, pieceCount: sent.pieceCount };
  await advance(ports, loaded.record.id, [{ kind: 'streamed', planId: planning.planId, plan: whole, proved }], signal);
}

async function adoptStream(planning: PlanningWork, plan: StreamPlan): Promise<Transferring<StreamPlan>> {
  const { ports, planId, probe, signal } = planning;
  const upload = await createUpload(planning, plan, { staged: false });
  const quietUntil = ports.clock.now() + ports.policy.decide.quietMs;
  const { snapshot } = probe;
  const adopt = (current: BeingPlanned) =>
    adoptPlan(giveUpUpload(current), { plan, planId, snapshot, upload, doneThrough: 0, quietUntil });
  const stored = await saveOrAbort(planning, adopt, upload);
  await ports.events.emit({ type: 'planned', transferId: stored.record.id, plan, snapshot, doneThrough: 0, done: [] });
  await carryOut(ports, stored, stored.record.toAbort.length > 0 ? [{ kind: 'settle' }] : [], signal);
  return stored.record;
}

/** Part after part. The first one, or its beginning, is in the slab already. */
async function sendParts(
  planning: PlanningWork,
  record: Transferring,
  plan: StreamPlan,
  slab: Window,
  inHand: number,
  body: ByteReader,
  seen: (bytes: Uint8Array) => void,
): Promise<{ readonly sizeBytes: number; readonly pieceCount: number }> {
  const { ports, destination, signal } = planning;
  const { upload } = record;
  const startedAt = ports.clock.now();
  let lookedAt = startedAt;
  let offset = 0;
  let filled = inHand;
  for (let number = 1; ; number += 1) {
    if (filled === 0) return { sizeBytes: offset, pieceCount: number - 1 };
    checkPace(ports.policy, record, offset, ports.clock.now() - startedAt);
    checkCount(number, plan, destination.limits.maxPieces, record);
    const sizeBytes =
      plan.pieceSizeBytes <= slab.bytes.length ? filled : Math.min(plan.pieceSizeBytes, (plan.sizeBytes ?? 0) - offset);
    const part = wholeOrWindows(slab, filled, sizeBytes, body, seen);
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
      await stillOurs(planning, record);
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
  seen: (bytes: Uint8Array) => void,
): Body {
  const inHand = slab.bytes.subarray(0, filled);
  seen(inHand);
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
      seen(slab.bytes.subarray(0, got));
      return slab.bytes.subarray(0, got);
    },
  };
}

function checkCount(number: number, plan: StreamPlan, maxPieces: number, record: Transferring): void {
  if (number <= maxPieces) return;
  throw new PieceworkError(
    'DestinationTooSmall',
    `${record.request.source.url} does not say how long it is, and goes on after ${formatBytes(plan.pieceSizeBytes * maxPieces)}: more than ${maxPieces} parts of ` +
      `${formatBytes(plan.pieceSizeBytes)} do not fit this destination; give a larger --piece-size`,
  );
}

/** A cancel, or another worker that took over, is noticed between two parts. */
async function stillOurs({ ports, planId }: PlanningWork, record: Transferring): Promise<void> {
  const there = await loadTransfer(ports, record.id);
  if (there?.record.status === 'transferring' && there.record.planId === planId) return;
  throw new PieceworkError('Conflict', `transfer ${record.id} goes on without this worker`);
}
