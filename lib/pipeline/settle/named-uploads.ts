import type { Records } from '../../records/records.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import { activeTransfers } from '../shared/markers.ts';
import type { Ports } from '../shared/ports.ts';
import { sideBySide } from '../shared/side-by-side.ts';
import { loadTransfer } from '../shared/store.ts';

const READ_TOGETHER = 32;

interface Named {
  /** When the reading began. */
  readonly at: Instant;
  readonly uploadIds: Promise<ReadonlySet<string>>;
}

/** What was read last, as long as the store of records is used: one reading serves all that are in doubt. */
const known = new WeakMap<Records, Named>();

/**
 * Whether a transfer in which work remains names this upload. Time alone does not tell whose an upload is: another
 * transfer to the same key may hold it, without a part as yet.
 * @param notBefore from then on, the transfer that created it has named it or never will
 */
export async function isNamedAnywhere(
  ports: Pick<Ports, 'records' | 'clock'>,
  own: TransferRecord,
  uploadId: string,
  notBefore: Instant,
  signal: AbortSignal,
): Promise<boolean> {
  if (uploadsOf(own).includes(uploadId)) return true;
  let named = known.get(ports.records);
  if (named === undefined || named.at < notBefore) {
    named = { at: ports.clock.now(), uploadIds: readAll(ports, signal) };
    known.set(ports.records, named);
    // A reading that was cut off is no reading.
    named.uploadIds.catch(() => known.delete(ports.records));
  }
  return (await named.uploadIds).has(uploadId);
}

async function readAll(ports: Pick<Ports, 'records'>, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const transferIds: string[] = [];
  for await (const { transferId } of activeTransfers(ports)) transferIds.push(transferId);
  const uploadIds = new Set<string>();
  await sideBySide(transferIds, READ_TOGETHER, async (transferId) => {
    signal.throwIfAborted();
    const other = (await loadTransfer(ports, transferId))?.record;
    for (const id of other === undefined ? [] : uploadsOf(other)) uploadIds.add(id);
  });
  return uploadIds;
}

function uploadsOf({ upload, promotions = [], toAbort }: TransferRecord): readonly string[] {
  return [upload, ...promotions, ...toAbort.map((entry) => entry.upload)].flatMap((named) => named?.id ?? []);
}
