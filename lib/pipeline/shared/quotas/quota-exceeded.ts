import { PieceworkError } from '../../../errors/error.ts';
import type { QuotaName } from '../../../transfer/quotas.ts';

const WHAT: Readonly<Record<QuotaName, (limit: number, used: number) => string>> = {
  open: (limit, used) =>
    `you have ${used} transfers and batches that are not over, and may have ${limit}; submit it when one of them has ended, or cancel one`,
  bytesPerDay: (limit, used) =>
    `you have brought ${used} bytes today, and may bring ${limit} a day; submit it after midnight UTC`,
  batchEntries: (limit) => `a batch of yours may have ${limit} entries, and this list has more; divide it`,
};

/** @param retryAfterMs `undefined` = the same is refused at any time */
export function quotaExceeded(quota: QuotaName, limit: number, used: number, retryAfterMs?: number): PieceworkError {
  const details = { quota, limit, used, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const sentence = `a quota of this deployment is used up (${quota}): ${WHAT[quota](limit, used)}. Its operator may raise it`;
  return new PieceworkError('QuotaExceeded', sentence, { details });
}
