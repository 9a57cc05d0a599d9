import type { Ports } from '../ports.ts';
import { limitsOf } from './limits.ts';
import { quotaExceeded } from './quota-exceeded.ts';

/** @throws PieceworkError `QuotaExceeded` where a batch of this owner may not have so many entries. */
export function checkEntries(ports: Pick<Ports, 'policy'>, owner: string, count: number): void {
  const { batchEntries } = limitsOf(ports, owner);
  if (batchEntries !== undefined && count > batchEntries) throw quotaExceeded('batchEntries', batchEntries, count);
}

/** The same entries; with one more than the owner may have it ends with the error of `checkEntries`. */
export async function* withinQuota<T>(
  ports: Pick<Ports, 'policy'>,
  owner: string,
  entries: AsyncIterable<T>,
): AsyncGenerator<T> {
  let count = 0;
  for await (const entry of entries) {
    count += 1;
    checkEntries(ports, owner, count);
    yield entry;
  }
}
