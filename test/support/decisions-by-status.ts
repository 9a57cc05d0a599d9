import type { ErrorCode } from '../../lib/errors/codes.ts';
import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Input, Outcome } from '../../lib/transfer/decide/decision.ts';
import type { StreamPlan } from '../../lib/transfer/plan/plan.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord, TransferResult } from '../../lib/transfer/record/record.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import { accepted, CANCELLED, facts, NOW, outcomeOf, POLICY, transferring } from './a-transfer.ts';

/* Transfers that are planned or finished, and what a decision about them came to. */

export const CANCEL: Input = { kind: 'cancel', reason: CANCELLED };

export const RESULT: TransferResult = { sizeBytes: 100, version: 'validator', digests: {} };

export const STREAM: StreamPlan = { mode: 'stream', pieceSizeBytes: 10 };

export function decided(record: TransferRecord, inputs: readonly Input[], now = NOW): Outcome {
  return outcomeOf(decide(narrow(record), facts(), inputs, now, POLICY));
}

export function unplanned(code: ErrorCode, planId = 'plan1'): Input {
  return { kind: 'unplanned', planId, error: { code, message: code } };
}

export function unfinished(code: ErrorCode, planId = 'plan1'): Input {
  return { kind: 'unfinished', planId, error: { code, message: code } };
}

export function planning(over: Partial<TransferRecord> = {}, options: Partial<TransferOptions> = {}): TransferRecord {
  return { ...accepted(options), status: 'planning', planId: 'plan1', ...over };
}

export function finalizing(over: Partial<TransferRecord> = {}, options: Partial<TransferOptions> = {}): TransferRecord {
  return transferring({ status: 'finalizing', cursor: 11, doneThrough: 10, ...over }, options);
}
