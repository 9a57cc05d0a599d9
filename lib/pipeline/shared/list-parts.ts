import type { Part } from '../../transfer/plan/ledger.ts';
import type { TransferRecord, UploadEntry } from '../../transfer/record/record.ts';
import type { Ports } from './ports.ts';
import { uploadRef } from './upload-ref.ts';

/** All parts after a number, page by page. */
export async function listAllParts(
  ports: Ports,
  record: TransferRecord,
  upload: UploadEntry,
  after: number,
  signal: AbortSignal,
): Promise<readonly Part[] | 'gone'> {
  const destination = ports.destinations(record.request.destination);
  const parts: Part[] = [];
  for (let from: number | undefined = after; from !== undefined; ) {
    const page = await destination.listParts(uploadRef(destination, record, upload), from, { signal });
    if (page === 'gone') return 'gone';
    parts.push(...page.parts);
    from = page.next;
  }
  return parts;
}
