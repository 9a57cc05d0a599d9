import type { Part } from '../../transfer/plan/ledger.ts';
import { viewLedger } from '../../transfer/plan/ledger.ts';
import { NO_PIECES, pieceSet, piecesIn } from '../../transfer/plan/piece-set.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { pathsUnder } from '../shared/paths-under.ts';
import type { Ports } from '../shared/ports.ts';
import { loadTransfer, loadTransfers } from '../shared/store.ts';
import { transferNotFound } from './transfer-errors.ts';

export interface TransferStatus {
  readonly record: TransferRecord;
  /** Absent when there is no ledger to read: not yet planned, a single put, over, or the upload is out of reach. */
  readonly pieces?: {
    readonly count: number;
    readonly doneCount: number;
    readonly doneBytes: number;
    /** Those after `listedAfter`, as the ledger has them. */
    readonly parts: readonly Part[];
    /** Up to here the record alone says that all are done. 0 = nothing was left out. */
    readonly listedAfter: number;
    isDone(pieceNumber: number): boolean;
  };
}

/** Parts that are known to be done and are listed all the same: what came lately says how fast it is. */
const RECENT_PARTS = 500;

/**
 * One transfer as it stands, its pieces read from the ledger itself: all of them, or only those after what the record
 * knows to be done, which is one request however many there are.
 * @throws PieceworkError `TransferNotFound`.
 */
export async function transferStatus(
  ports: Ports,
  transferId: string,
  signal: AbortSignal,
  reading: 'whole' | 'recent' = 'whole',
): Promise<TransferStatus> {
  const record = (await loadTransfer(ports, transferId))?.record;
  if (record === undefined) throw transferNotFound(transferId);
  const { plan, upload } = record;
  if (plan?.mode !== 'pieces' || upload === undefined || record.status === 'completed') return { record };
  const listedAfter = reading === 'whole' ? 0 : Math.max(0, knownThrough(record) - RECENT_PARTS);
  const parts = await listAllParts(ports, record, upload, listedAfter, signal);
  if (parts === 'gone') return { record };
  const view = viewLedger(plan, listedAfter, parts);
  const isDone = (pieceNumber: number) => pieceNumber <= view.doneThrough || view.done.has(pieceNumber);
  const doneCount = view.doneThrough + view.done.size;
  const hasLast = isDone(plan.pieceCount);
  const lastBytes = plan.sizeBytes - (plan.pieceCount - 1) * plan.pieceSizeBytes;
  const doneBytes = hasLast ? (doneCount - 1) * plan.pieceSizeBytes + lastBytes : doneCount * plan.pieceSizeBytes;
  return { record, pieces: { count: plan.pieceCount, doneCount, doneBytes, parts, listedAfter, isDone } };
}

/** Without a gap from the first piece on, as the ledger had it, or as results said. */
function knownThrough({ doneThrough, reported = NO_PIECES }: TransferRecord): number {
  const [first] = pieceSet(doneThrough, piecesIn(reported));
  return first?.[0] === 1 ? first[1] : 0;
}

/** Which transfers a list has. */
export interface ListQuery {
  /** The newest so many. @default all */
  readonly limit?: number;
  /** Only those whose id begins so. @default '' */
  readonly idPrefix?: string;
  /** Only those of which it says yes. @default all */
  readonly where?: (record: TransferRecord) => boolean;
}

/** Records are read so many at a time. */
const TOGETHER = 500;

/**
 * Transfers, newest first: no more are read than are needed to find them. Records that can't be read are left out: they
 * were set aside, with a warning, when they were met.
 */
export async function listTransfers(
  ports: Pick<Ports, 'records'>,
  { limit = Number.POSITIVE_INFINITY, idPrefix = '', where = () => true }: ListQuery = {},
): Promise<readonly TransferRecord[]> {
  const ids: string[] = [];
  for await (const path of pathsUnder(ports.records, 'transfers/')) {
    const id = /^transfers\/(.+)\.json$/.exec(path)?.[1];
    if (id?.startsWith(idPrefix)) ids.push(id);
  }
  ids.sort().reverse();
  const found: TransferRecord[] = [];
  const step = Math.min(TOGETHER, limit);
  for (let index = 0; index < ids.length && found.length < limit; index += step) {
    const some = await loadTransfers(ports, ids.slice(index, index + step));
    found.push(...some.flatMap((record) => (record !== undefined && where(record) ? [record] : [])));
  }
  return found.slice(0, limit);
}
