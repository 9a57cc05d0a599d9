import type { ErrorCode } from '../../lib/errors/codes.ts';
import type { ErrorDetails, ErrorRecord } from '../../lib/errors/error.ts';
import type { DecidePolicy, Decision, Facts, Outcome } from '../../lib/transfer/decide/decision.ts';
import type { DeadPiece, PieceResult } from '../../lib/transfer/messages.ts';
import type { LedgerView } from '../../lib/transfer/plan/ledger.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { newRecord } from '../../lib/transfer/record/record.ts';
import type { Accepted, Transferring } from '../../lib/transfer/record/states.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import { toIso } from '../../lib/values/time.ts';

/** Transfers, ledgers and results as tests of the pure core need them: everything that a test does not care about. */

export const NOW = Date.UTC(2026, 0, 1, 12);
export const QUIET_MS = 120_000;

export const POLICY: DecidePolicy = { quietMs: QUIET_MS, quietCapMs: 900_000, backoff: { baseMs: 500, capMs: 30_000 } };

export const SNAPSHOT: Snapshot = {
  sizeBytes: 100,
  ranges: true,
  validator: { kind: 'strong', etag: '"v1"' },
  digests: {},
  warnings: [],
};

export function accepted(options: Partial<TransferOptions> = {}): Accepted {
  const request = {
    source: { url: 'https://origin.example/file', withheld: false },
    destination: { kind: 's3', bucket: 'bucket', key: 'key' },
    object: {},
    options: { ...DEFAULT_OPTIONS, ...options },
  } as const;
  return { ...newRecord('01TRANSFER', 'local', request, NOW), rev: 1, writeId: 'w1' };
}

/** Ten pieces of ten bytes, of which all below `cursor` were sent. */
export function transferring(
  over?: Partial<Transferring> & { readonly status?: never },
  options?: Partial<TransferOptions>,
): Transferring;
export function transferring(over: Partial<TransferRecord>, options?: Partial<TransferOptions>): TransferRecord;
export function transferring(
  over: Partial<TransferRecord> = {},
  options: Partial<TransferOptions> = {},
): TransferRecord {
  return {
    ...accepted(options),
    status: 'transferring',
    snapshot: SNAPSHOT,
    plan: { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 },
    planId: 'plan1',
    upload: { id: 'upload1', token: '01TRANSFER.plan1' },
    cursor: 5,
    quietUntil: toIso(NOW + QUIET_MS),
    ...over,
  };
}

/** All of it arrived. */
export function completed(): TransferRecord {
  const result = { sizeBytes: 100, version: 'validator', digests: {} } as const;
  return transferring({ status: 'completed', result, endedAt: toIso(NOW), announced: true });
}

export function ledger(doneThrough: number, ...done: readonly number[]): LedgerView {
  return { doneThrough, done: new Set(done) };
}

export function facts(over: Partial<Facts> = {}): Facts {
  return { ledger: ledger(0), object: 'unasked', places: 4, ...over };
}

/** Of a decision that has nothing left to ask. */
export function outcomeOf(decision: Decision): Outcome {
  if ('ask' in decision) throw new Error(`it asks for the ${decision.ask}`);
  return decision;
}

export function done(pieceNumber: number): PieceResult {
  return {
    kind: 'result',
    v: 1,
    transferId: '01TRANSFER',
    planId: 'plan1',
    pieceNumber,
    attempt: 1,
    outcome: 'done',
    bytes: 10,
    elapsedMs: 5,
  };
}

export function failedWith(
  code: ErrorCode,
  pieceNumber: number,
  over: Partial<PieceResult> = {},
  details?: ErrorDetails,
): PieceResult {
  const error: ErrorRecord = details === undefined ? { code, message: code } : { code, message: code, details };
  return { ...done(pieceNumber), outcome: 'failed', bytes: 0, error, ...over };
}

export function dead(pieceNumber: number, attempt = 1): DeadPiece {
  return {
    kind: 'dead',
    v: 1,
    task: { kind: 'piece', v: 1, transferId: '01TRANSFER', planId: 'plan1', pieceNumber, attempt },
  };
}

export const TICK = { kind: 'tick' } as const;
export const CANCELLED: ErrorRecord = { code: 'Cancelled', message: 'cancelled' };
