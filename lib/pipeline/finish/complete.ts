import type { Proof } from '../../destinations/destination.ts';
import { writeCondition } from '../../destinations/destination.ts';
import { PieceworkError } from '../../errors/error.ts';
import { combineParts, crc32Hex } from '../../integrity/crc32.ts';
import type { Part } from '../../transfer/plan/ledger.ts';
import { proveLedger } from '../../transfer/plan/ledger.ts';
import { isServerSideCopy } from '../../transfer/plan/plan.ts';
import type { TransferResult } from '../../transfer/record/record.ts';
import { finishedResult } from '../shared/object/finished-result.ts';
import { objectSpec, proveDigests, wantedDigests } from '../shared/object/object-spec.ts';
import { uploadRef } from '../shared/upload-ref.ts';
import type { FinishingWork } from './finishing-work.ts';
import { orOurs } from './finishing-work.ts';
import { proveCopied } from './prove-copied.ts';
import { proveInUpload } from './read-back.ts';
import { finishStaged } from './staged.ts';

/** Every number, size and checksum is proved, then every digest that can be; and then the upload becomes the object. */
export async function completeProved(work: FinishingWork, parts: readonly Part[]): Promise<TransferResult> {
  const { ports, record, destination, signal } = work;
  const { plan, snapshot, upload, request } = record;
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
  const inUpload = await proveInUpload(work, sizeBytes, wanted);
  const condition = writeCondition(request.options.ifExists);
  const object = objectSpec(record, record.planId, snapshot, plan, request.destination);
  const full: Proof = { parts: proof.parts, sizeBytes, crc32, condition, object };
  if (upload.staged === true) {
    const { stored, proved } = await finishStaged(work, full, wanted);
    return finishedResult(record, stored, crc32, { ...combined, ...proved });
  }
  const stored = await orOurs(work, () =>
    destination.completeUpload(uploadRef(destination, record, upload), full, { signal }),
  );
  return finishedResult(record, stored, crc32, { ...combined, ...inUpload, ...record.proved });
}
