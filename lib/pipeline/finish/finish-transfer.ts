import type { Destination, Proof, Stored } from '../../destinations/destination.ts';
import { writeCondition } from '../../destinations/destination.ts';
import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { combineParts, crc32Hex } from '../../integrity/crc32.ts';
import { sequentialHasher } from '../../integrity/hasher.ts';
import type { Input } from '../../transfer/decide/decision.ts';
import type { Digests } from '../../transfer/digests.ts';
import { sequentialDigests } from '../../transfer/digests.ts';
import { stagingLocator } from '../../transfer/locators.ts';
import { proveLedger } from '../../transfer/plan/ledger.ts';
import { isServerSideCopy } from '../../transfer/plan/plan.ts';
import type { TransferRecord, TransferResult, UploadEntry } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { ByteReader } from '../../values/bytes.ts';
import { advance } from '../advance/advance.ts';
import { finishedResult, foundResult } from '../shared/finished-result.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { objectSpec, proveDigests, wantedDigests } from '../shared/object-spec.ts';
import { ourObject } from '../shared/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import { loadTransfer } from '../shared/store.ts';
import { uploadRef } from '../shared/upload-ref.ts';
import { updateFinishing, withPromotion } from './promotion.ts';
import { proveCopied } from './prove-copied.ts';

/**
 * Proves that the ledger is the plan, byte for byte as far as checksums go, and makes the object visible. Repeatable: a second run
 * finds its own finished object (rule 11). The record says `finalizing` before anything here happens (rule 10).
 */
export async function finishTransfer(ports: Ports, transferId: string, signal: AbortSignal): Promise<void> {
  const loaded = await loadTransfer(ports, transferId);
  if (
    loaded === undefined ||
    isOver(loaded.record) ||
    loaded.record.status !== 'finalizing' ||
    loaded.record.ending !== undefined
  )
    return;
  const { record } = loaded;
  const { planId } = record;
  if (planId === undefined) return;
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

async function finish(ports: Ports, record: TransferRecord, signal: AbortSignal): Promise<TransferResult> {
  const { plan, snapshot, upload, request } = record;
  if (plan === undefined || snapshot === undefined)
    throw new PieceworkError('Internal', `transfer ${record.id} has no plan`);
  if (plan.mode === 'single') return await findSinglePut(ports, record, signal);
  if (upload === undefined) throw uploadLost(record);
  const destination = ports.destinations(request.destination);
  const parts = await listAllParts(ports, record, upload, 0, signal);
  if (parts === 'gone') return await afterUploadGone(ports, record, destination, upload, signal);
  const proof = proveLedger(plan, parts);
  if ('missing' in proof)
    throw new PieceworkError(
      'UploadLost',
      `piece ${proof.missing} is not in the ledger as the plan has it, though it was; start the transfer again`,
    );
  const crc32 = combineParts(proof.parts);
  const sizeBytes = proof.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const wanted = wantedDigests(request, snapshot, plan);
  if (isServerSideCopy(plan)) await proveCopied(ports, record, snapshot, crc32Hex(crc32), signal);
  const combined = proveDigests(request.source.url, wanted, { crc32: crc32Hex(crc32) });
  const inUpload = await proveInUpload(ports, record, destination, upload, sizeBytes, wanted, signal);
  const condition = writeCondition(request.options.ifExists);
  const object = objectSpec(record, planIdOf(record), snapshot, plan, false);
  const full: Proof = { parts: proof.parts, sizeBytes, crc32, condition, object };
  if (upload.staged === true) {
    const { stored, proved } = await finishStaged(ports, record, destination, upload, full, wanted, signal);
    return finishedResult(record, stored, crc32, { ...combined, ...proved });
  }
  const stored = await orOurs(ports, record, signal, () =>
    destination.completeUpload(uploadRef(record, upload), full, { signal }),
  );
  return finishedResult(record, stored, crc32, { ...combined, ...inUpload, ...record.proved });
}

/** Digests that need all bytes in order, where the open upload can be read: before it becomes visible. */
async function proveInUpload(
  ports: Ports,
  record: TransferRecord,
  destination: Destination,
  upload: UploadEntry,
  sizeBytes: number,
  wanted: Digests,
  signal: AbortSignal,
): Promise<Digests> {
  const needed = sequentialDigests(wanted).filter((algorithm) => record.proved?.[algorithm] === undefined);
  if (needed.length === 0 || destination.features.readBack !== 'upload') return {};
  await using reader = await destination.readUpload(uploadRef(record, upload), sizeBytes, { signal });
  return await proveBytes(ports, record, reader, wanted, signal);
}

async function proveBytes(
  ports: Ports,
  record: TransferRecord,
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
  record: TransferRecord,
  destination: Destination,
  upload: UploadEntry,
  proof: Proof,
  wanted: Digests,
  signal: AbortSignal,
): Promise<{ readonly stored: Stored; readonly proved: Digests }> {
  await updateFinishing(ports, record, (current) => ({ ...current, stagedObject: true }));
  try {
    await destination.completeUpload(uploadRef(record, upload), { ...proof, condition: 'none' }, { signal });
  } catch (error) {
    const there = await destination.head(stagingLocator(record.request.destination, record.id), { signal });
    if (there?.token !== upload.token) throw error;
  }
  return await promoteStaged(ports, record, destination, proof, wanted, signal);
}

async function promoteStaged(
  ports: Ports,
  record: TransferRecord,
  destination: Destination,
  proof: Pick<Proof, 'sizeBytes' | 'object' | 'condition'>,
  wanted: Digests,
  signal: AbortSignal,
): Promise<{ readonly stored: Stored; readonly proved: Digests }> {
  const staged = stagingLocator(record.request.destination, record.id);
  await using reader = await destination.readObject(staged, proof.sizeBytes, { signal });
  const proved = await proveBytes(ports, record, reader, wanted, signal);
  const stored = await orOurs(ports, record, signal, () =>
    withPromotion(ports, record, (uploads) =>
      destination.promote(staged, proof.object, proof.sizeBytes, proof.condition, uploads, { signal }),
    ),
  );
  return { stored, proved };
}

/** The upload is gone while `finalizing`: an earlier run of this very function may have completed it. */
async function afterUploadGone(
  ports: Ports,
  record: TransferRecord,
  destination: Destination,
  upload: UploadEntry,
  signal: AbortSignal,
): Promise<TransferResult> {
  const { request, snapshot, plan } = record;
  const ours = await ourObject(ports, record, signal);
  if (ours !== undefined) return foundResult(record, ours, destination.features);
  if (upload.staged !== true || snapshot === undefined || plan === undefined) throw uploadLost(record);
  const staged = await destination.head(stagingLocator(request.destination, record.id), { signal });
  if (staged?.token !== upload.token) throw uploadLost(record);
  const object = objectSpec(record, planIdOf(record), snapshot, plan, false);
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
  record: TransferRecord,
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

async function findSinglePut(ports: Ports, record: TransferRecord, signal: AbortSignal): Promise<TransferResult> {
  const ours = await ourObject(ports, record, signal);
  if (ours !== undefined) return foundResult(record, ours, ports.destinations(record.request.destination).features);
  throw new PieceworkError('PutLost', 'the put was cut off before it was answered, and its object is not there');
}

function uploadLost(record: TransferRecord): PieceworkError {
  return new PieceworkError(
    'UploadLost',
    `the upload of ${record.request.source.url} vanished at the destination before it was completed (aborted by somebody else, or by a lifecycle rule that is too short); start the transfer again`,
  );
}

function planIdOf(record: TransferRecord): string {
  return record.planId ?? '';
}
