/** What an owner may have at most; absent = any number. */
export interface Quotas {
  /** Transfers and batches that are not over, a batch as one. */
  readonly open?: number;
  /** Of ends that were announced on one day, UTC. */
  readonly bytesPerDay?: number;
  /** Of one batch. */
  readonly batchEntries?: number;
}

export const QUOTA_NAMES = ['open', 'bytesPerDay', 'batchEntries'] as const satisfies readonly (keyof Quotas)[];
export type QuotaName = (typeof QUOTA_NAMES)[number];

export function isQuotaName(value: unknown): value is QuotaName {
  return QUOTA_NAMES.some((name) => name === value);
}

/** Of every owner, and those of some in their place, quota by quota. */
export interface QuotaRules extends Quotas {
  readonly owners?: Readonly<Record<string, Quotas>>;
}

export function quotasOf({ owners = {}, ...usual }: QuotaRules, owner: string): Quotas {
  return Object.hasOwn(owners, owner) ? { ...usual, ...owners[owner] } : usual;
}
