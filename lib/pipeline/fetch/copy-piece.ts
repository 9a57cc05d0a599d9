import { PieceworkError } from '../../errors/error.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Part } from '../../transfer/plan/ledger.ts';
import type { Transferring } from '../../transfer/record/states.ts';
import type { Ports } from '../shared/ports.ts';
import { uploadRef } from '../shared/upload-ref.ts';

/** The piece as a copy that the store makes. */
export async function copyPiece(
  ports: Ports,
  record: Transferring,
  from: SourceLocator,
  part: { readonly number: number; readonly sizeBytes: number; readonly offset: number },
  signal: AbortSignal,
): Promise<Part> {
  const { snapshot, upload } = record;
  const destination = ports.destinations(record.request.destination);
  const { serverSideCopy } = destination;
  const copied = await ports.sources(from.url).copySource(from);
  if (serverSideCopy === undefined || copied === undefined)
    throw new PieceworkError('ServerSideCopyRefused', 'what was planned to copy by itself is no store any more');
  return await serverSideCopy.copyPart(uploadRef(destination, record, upload), part, copied, snapshot, { signal });
}
