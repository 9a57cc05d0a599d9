import { sequentialHasher } from '../../integrity/hasher.ts';
import type { Digests } from '../../transfer/digests.ts';
import { sequentialDigests } from '../../transfer/digests.ts';
import type { ByteReader } from '../../values/bytes.ts';
import { proveDigests } from '../shared/object/object-spec.ts';
import { uploadRef } from '../shared/upload-ref.ts';
import type { FinishingWork } from './finishing-work.ts';

/** Digests that need all bytes in order, where the open upload can be read: before it becomes visible. */
export async function proveInUpload(work: FinishingWork, sizeBytes: number, wanted: Digests): Promise<Digests> {
  const { record, destination, signal } = work;
  const needed = sequentialDigests(wanted).filter((algorithm) => record.proved?.[algorithm] === undefined);
  if (needed.length === 0 || destination.proof.kind !== 'upload') return {};
  const upload = uploadRef(destination, record, record.upload);
  await using reader = await destination.proof.read(upload, sizeBytes, { signal });
  return await proveBytes(work, reader, wanted);
}

export async function proveBytes(
  { ports, record, signal }: FinishingWork,
  reader: ByteReader,
  wanted: Digests,
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
