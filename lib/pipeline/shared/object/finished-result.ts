import type { Destination, Stored } from '../../../destinations/destination.ts';
import { crc32Hex } from '../../../integrity/crc32.ts';
import type { Digests } from '../../../transfer/digests.ts';
import { sequentialDigests } from '../../../transfer/digests.ts';
import type { TransferRecord, TransferResult } from '../../../transfer/record/record.ts';
import { wantedDigests } from './object-spec.ts';
import { isEndUnproved } from './proved-end.ts';

export function finishedResult(
  record: TransferRecord,
  stored: Stored,
  crc32: number | undefined,
  proved: Digests,
): TransferResult {
  const hasDigest = Object.keys(proved).length > 0;
  return {
    sizeBytes: stored.sizeBytes,
    version: hasDigest ? 'digest' : versionOf(record),
    ...(record.snapshot !== undefined && isEndUnproved(record.request, record.snapshot, proved)
      ? { end: 'unproved' as const }
      : {}),
    digests: proved,
    ...(crc32 === undefined ? {} : { crc32: crc32Hex(crc32) }),
    ...(stored.checkedBy === undefined ? {} : { checkedBy: stored.checkedBy }),
    ...(stored.etag === undefined ? {} : { etag: stored.etag }),
    ...(stored.versionId === undefined ? {} : { versionId: stored.versionId }),
  };
}

/** A validator that contradicted itself proves nothing; one answer is of one version. */
function versionOf({ oneStream, snapshot }: TransferRecord): TransferResult['version'] {
  if (oneStream !== undefined) return 'one-answer';
  return snapshot !== undefined && snapshot.validator.kind !== 'none' ? 'validator' : 'unverified';
}

/** Of an object that a head found to be ours: it was made visible only after whatever can be proved here had been. */
export function foundResult(record: TransferRecord, stored: Stored, { proof }: Destination): TransferResult {
  return finishedResult(record, stored, undefined, { ...provedBefore(record, proof), ...record.proved });
}

function provedBefore(record: TransferRecord, proof: Destination['proof']): Digests {
  const { plan, snapshot, request } = record;
  if (plan?.mode !== 'pieces' || snapshot === undefined) return {};
  const wanted = wantedDigests(request, snapshot, plan);
  const unread = proof.kind === 'none' ? sequentialDigests(wanted) : [];
  return Object.fromEntries(
    Object.entries(wanted).filter(([algorithm]) => !unread.some((other) => other === algorithm)),
  );
}
