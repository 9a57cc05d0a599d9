import * as z from 'zod';
import type { QuotaRules } from '../transfer/quotas.ts';
import { stated } from '../values/stated.ts';

const count = z.int().min(1);
const quotas = {
  open: count.optional(),
  bytesPerDay: count.optional(),
  batchEntries: count.optional(),
};
const rules = z.strictObject({ ...quotas, owners: z.record(z.string(), z.strictObject(quotas)).optional() });

/** As the construct writes them into the environment. `undefined` = they are no such JSON. */
export function parseQuotas(text: string): QuotaRules | undefined {
  try {
    const { owners, ...usual } = rules.parse(JSON.parse(text));
    const each = Object.entries(owners ?? {}).map(([owner, own]) => [owner, stated(own)] as const);
    return stated({ ...usual, owners: owners === undefined ? undefined : Object.fromEntries(each) });
  } catch {
    return undefined;
  }
}
