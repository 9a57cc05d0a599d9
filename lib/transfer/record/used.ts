import type { Usage } from '../cost/usage.ts';
import { addUsage, NO_USAGE, USAGE_KINDS } from '../cost/usage.ts';
import type { Input } from '../decide/decision.ts';
import type { TransferRecord } from './record.ts';

/** The record with what was used besides, to a thousandth; the same record where that is nothing. */
export function withUsage<R extends Pick<TransferRecord, 'used'>>(record: R, more: Partial<Usage>): R {
  if (USAGE_KINDS.every((kind) => (more[kind] ?? 0) === 0)) return record;
  const sum = addUsage(record.used ?? NO_USAGE, more);
  const used = Object.fromEntries(USAGE_KINDS.map((kind) => [kind, toThousandth(sum[kind])]));
  return { ...record, used: used as unknown as Usage };
}

/** For a message: without what is nothing. */
export function briefUsage(usage: Usage): Partial<Usage> {
  const some = USAGE_KINDS.filter((kind) => usage[kind] > 0);
  return Object.fromEntries(some.map((kind) => [kind, toThousandth(usage[kind])]));
}

/** A share of a run, and of a request for several messages, is less than one. */
function toThousandth(number: number): number {
  return Math.round(number * 1000) / 1000;
}

/** What the workers say that they have used for what they report. */
export function usageOfInputs(inputs: readonly Input[]): Usage {
  return inputs.reduce<Usage>(
    (sum, input) => (input.kind === 'result' && input.used !== undefined ? addUsage(sum, input.used) : sum),
    NO_USAGE,
  );
}
