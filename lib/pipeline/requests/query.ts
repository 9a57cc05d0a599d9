import { PieceworkError } from '../../errors/error.ts';
import type { Part } from '../../transfer/plan/ledger.ts';
import { viewLedger } from '../../transfer/plan/ledger.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { pathsUnder } from '../shared/paths-under.ts';
import type { Ports } from '../shared/ports.ts';
import { loadTransfer } from '../shared/store.ts';
import { transferNotFound } from './cancel.ts';

export interface TransferStatus {
  readonly record: TransferRecord;
  /** Absent when there is no ledger to read: not yet planned, a single put, over, or the upload is out of reach. */
  readonly pieces?: {
    readonly count: number;
    readonly doneCount: number;
    readonly doneBytes: number;
    readonly parts: readonly Part[];
    isDone(pieceNumber: number): boolean;
  };
}

/** One transfer as it stands, its pieces read from the ledger itself. @throws PieceworkError `TransferNotFound`. */
export async function transferStatus(ports: Ports, transferId: string, signal: AbortSignal): Promise<TransferStatus> {
  const record = (await loadTransfer(ports, transferId))?.record;
  if (record === undefined) throw transferNotFound(transferId);
  const { plan, upload } = record;
  if (plan?.mode !== 'pieces' || upload === undefined || record.status === 'completed') return { record };
  const parts = await listAllParts(ports, record, upload, 0, signal);
  if (parts === 'gone') return { record };
  const view = viewLedger(plan, 0, parts);
  const isDone = (pieceNumber: number) => pieceNumber <= view.doneThrough || view.done.has(pieceNumber);
  const doneCount = view.doneThrough + view.done.size;
  const hasLast = isDone(plan.pieceCount);
  const lastBytes = plan.sizeBytes - (plan.pieceCount - 1) * plan.pieceSizeBytes;
  const doneBytes = hasLast ? (doneCount - 1) * plan.pieceSizeBytes + lastBytes : doneCount * plan.pieceSizeBytes;
  return { record, pieces: { count: plan.pieceCount, doneCount, doneBytes, parts, isDone } };
}

/**
 * All transfers, newest first. Records that can't be read are left out: they were set aside, with
 * a warning, when they were met.
 */
export async function listTransfers(ports: Pick<Ports, 'records'>): Promise<readonly TransferRecord[]> {
  const records: TransferRecord[] = [];
  for await (const path of pathsUnder(ports.records, 'transfers/')) {
    const id = /^transfers\/(.+)\.json$/.exec(path)?.[1];
    const loaded = id === undefined ? undefined : await readable(ports, id);
    if (loaded !== undefined) records.push(loaded);
  }
  return records.sort((a, b) => (a.id < b.id ? 1 : -1));
}

async function readable(ports: Pick<Ports, 'records'>, id: string): Promise<TransferRecord | undefined> {
  try {
    return (await loadTransfer(ports, id))?.record;
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}
