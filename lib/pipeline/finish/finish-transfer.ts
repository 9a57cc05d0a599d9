import type { Destination, Proof, Stored } from '../../destinations/destination.ts';
import { writeCondition } from '../../destinations/destination.ts';
import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { combineParts, crc32Hex } from '../../integrity/crc32.ts';
import { sequentialHasher } from '../../integrity/hasher.ts';
import type { Input } from '../../transfer/decide/decision.ts';
import type { Digests } from '../../transfer/digests.ts';
import { sequentialDigests } from '../../transfer/digests.ts';
import { proveLedger } from '../../transfer/plan/ledger.ts';
import { isServerSideCopy } from '../../transfer/plan/plan.ts';
import type { TransferResult } from '../../transfer/record/record.ts';
import type { Finalizing, FinalizingPut, FinalizingUpload } from '../../transfer/record/states.ts';
import { isLeaving, isPut } from '../../transfer/record/states.ts';
import { nameStagedObject } from '../../transfer/record/transitions-uploads.ts';
import type { ByteReader } from '../../values/bytes.ts';
import { advance } from '../advance/advance.ts';
import { finishedResult, foundResult } from '../shared/finished-result.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { objectSpec, proveDigests, wantedDigests } from '../shared/object-spec.ts';
import { ourObject } from '../shared/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import { loadNarrowed } from '../shared/store.ts';
import { stagingOf, uploadRef } from '../shared/upload-ref.ts';
import { updateFinishing, withPromotion } from './promotion.ts';
import { proveCopied } from './prove-copied.ts';

/**
 * Proves that the ledger is the plan, byte for byte as far as checksums go, and makes the object visible. Repeatable: a second run
 * finds its own finished object (rule 11). The record says `finalizing` before anything here happens (rule 10).
 */
export async function finishTransfer(ports: Ports, transferId: string, signal: AbortSignal): Promise<void> {
  const record = (await loadNarrowed(ports, transferId))?.record;
  if (record?.status !== 'finalizing' || isLeaving(record)) return;
  const { planId } = record;
  let input: Input;
  try {
    input = { kind: 'finished', planId, result: await finish(ports, record, signal) };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    if (error.code === 'Conflict') throw error;
    input = { kind: 'unfinished', planId, error: toErrorRecord(error) };
  }
  await advance(ports, transferId, [input], signal);
}

async function finish(ports: Ports, record: Finalizing, signal: AbortSignal): Promise<TransferResult> {
  if (isPut(record)) return await findSinglePut(ports, record, signal);
  const { plan, snapshot, upload, request } = record;
  const destination = ports.destinations(request.destination);
  const parts = await listAllParts(ports, record, upload, 0, signal);
  if (parts === 'gone') return await afterUploadGone(ports, record, destination, signal);
  const proof = proveLedger(plan, parts);
  if ('missing' in proof)
    throw new PieceworkError(
      'UploadLost',
      `piece ${proof.missing} is not in the ledger as the plan has it, though it was; start the transfer again`,
    );
  const crc32 = combineParts(proof.parts);
  const sizeBytes = proof.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const wanted = wantedDigests(request, snapshot, plan);
  if (isServerSideCopy(plan)) await proveCopied(ports, record, crc32Hex(crc32), signal);
  const combined = proveDigests(request.source.url, wanted, { crc32: crc32Hex(crc32) });
  const inUpload = await proveInUpload(ports, record, destination, sizeBytes, wanted, signal);
  const condition = writeCondition(request.options.ifExists);
  const object = objectSpec(record, record.planId, snapshot, plan, request.destination);
  const full: Proof = { parts: proof.parts, sizeBytes, crc32, condition, object };
  if (upload.staged === true) {
    const { stored, proved } = await finishStaged(ports, record, destination, full, wanted, signal);
    return finishedResult(record, stored, crc32, { ...combined, ...proved });
  }
  const stored = await orOurs(ports, record, signal, () =>
    destination.completeUpload(uploadRef(destination, record, upload), full, { signal }),
  );
  return finishedResult(record, stored, crc32, { ...combined, ...inUpload, ...record.proved });
}

/** Digests that need all bytes in order, where the open upload can be read: before it becomes visible. */
async function proveInUpload(
  ports: Ports,
  record: FinalizingUpload,
  destination: Destination,
  sizeBytes: number,
  wanted: Digests,
  signal: AbortSignal,
): Promise<Digests> {
  const needed = sequentialDigests(wanted).filter((algorithm) => record.proved?.[algorithm] === undefined);
  if (needed.length === 0 || destination.proof.kind !== 'upload') return {};
  await using reader = await destination.proof.read(uploadRef(destination, record, record.upload), sizeBytes, {
    signal,
  });
  return await proveBytes(ports, record, reader, wanted, signal);
}

async function proveBytes(
  ports: Ports,
  record: FinalizingUpload,
  reader: ByteReader,
  wanted: Digests,
  signal: AbortSignal,
): Promise<Digests> {
  using window = await ports.windows.borrow(signal);
  const hasher = sequentialHasher(sequentialDigests(wanted));
  let got = await reader.read(window.bytes);
  while (got > 0) {
    signal.throwIfAborted();
    hasher.update(window.bytes.subarray(0, got));
    got = await reader.read(window.bytes);
  }
  return proveDigests(record.request.source.url, wanted, hasher.digests());
}

/** Completed under the staging key, read back, copied onto the real one by the store itself; the record names it before it exists. */
async function finishStaged(
  ports: Ports,
  record: FinalizingUpload,
  destination: Destination,
  proof: Proof,
  wanted: Digests,
  signal: AbortSignal,
): Promise<{ readonly stored: Stored; readonly proved: Digests }> {
  await updateFinishing(ports, record, nameStagedObject);
  try {
    await destination.completeUpload(
      uploadRef(destination, record, record.upload),
      { ...proof, condition: 'none' },
      { signal },
    );
  } catch (error) {
    const staged = stagingOf(destination).locate(record.request.destination, record.id);
    const there = await destination.head(staged, { signal });
    if (there?.token !== record.upload.token) throw error;
  }
  return await promoteStaged(ports, record, destination, proof, wanted, signal);
}

async function promoteStaged(
  ports: Ports,
  record: FinalizingUpload,
  destination: Destination,
  proof: Pick<Proof, 'sizeBytes' | 'object' | 'condition'>,
  wanted: Digests,
  signal: AbortSignal,
): Promise<{ readonly stored: Stored; readonly proved: Digests }> {
  const staging = stagingOf(destination);
  const staged = staging.locate(record.request.destination, record.id);
  await using reader = await staging.read(staged, proof.sizeBytes, { signal });
  const proved = await proveBytes(ports, record, reader, wanted, signal);
  const stored = await orOurs(ports, record, signal, () =>
    withPromotion(ports, record, (uploads) =>
      staging.promote(staged, proof.object, proof.sizeBytes, proof.condition, uploads, { signal }),
    ),
  );
  return { stored, proved };
}

/** The upload is gone while `finalizing`: an earlier run of this very function may have completed it. */
async function afterUploadGone(
  ports: Ports,
  record: FinalizingUpload,
  destination: Destination,
  signal: AbortSignal,
): Promise<TransferResult> {
  const { request, snapshot, plan, upload } = record;
  const ours = await ourObject(ports, record, signal);
  if (ours !== undefined) return foundResult(record, ours, destination);
  if (upload.staged !== true) throw uploadLost(record);
  const staged = await destination.head(stagingOf(destination).locate(request.destination, record.id), { signal });
  if (staged?.token !== upload.token) throw uploadLost(record);
  const object = objectSpec(record, record.planId, snapshot, plan, request.destination);
  const rest = { sizeBytes: staged.sizeBytes, object, condition: writeCondition(request.options.ifExists) };
  const { stored, proved } = await promoteStaged(
    ports,
    record,
    destination,
    rest,
    wantedDigests(request, snapshot, plan),
    signal,
  );
  return finishedResult(record, stored, undefined, proved);
}

/** Any doubt about a completion is settled by asking for our own token (rule 11). */
async function orOurs(
  ports: Ports,
  record: FinalizingUpload,
  signal: AbortSignal,
  complete: () => Promise<Stored>,
): Promise<Stored> {
  try {
    return await complete();
  } catch (error) {
    signal.throwIfAborted();
    const ours = await ourObject(ports, record, signal);
    if (ours === undefined) throw error;
    return ours;
  }
}

async function findSinglePut(ports: Ports, record: FinalizingPut, signal: AbortSignal): Promise<TransferResult> {
  const ours = await ourObject(ports, record, signal);
  if (ours !== undefined) return foundResult(record, ours, ports.destinations(record.request.destination));
  throw new PieceworkError('PutLost', 'the put was cut off before it was answered, and its object is not there');
}

function uploadLost(record: FinalizingUpload): PieceworkError {
  return new PieceworkError(
    'UploadLost',
    `the upload of ${record.request.source.url} vanished at the destination before it was completed (aborted by somebody else, or by a lifecycle rule that is too short); start the transfer again`,
  );
}
