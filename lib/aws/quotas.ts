import * as z from 'zod/mini';
import type { QuotaRules } from '../transfer/quotas.ts';
import { stated } from '../values/stated.ts';

/** As the construct writes them into the environment. `undefined` = they are no such JSON. */
export function parseQuotas(text: string): QuotaRules | undefined {
  try {
    const { owners, ...usual } = rules().parse(JSON.parse(text));
    const each = Object.entries(owners ?? {}).map(([owner, own]) => [owner, stated(own)] as const);
    return stated({ ...usual, owners: owners === undefined ? undefined : Object.fromEntries(each) });
  } catch {
    return undefined;
  }
}

/** Made where there are some: most deployments have none. */
function rules() {
  const count = z.optional(z.int().check(z.minimum(1)));
  const quotas = { open: count, bytesPerDay: count, batchEntries: count };
  return z.strictObject({ ...quotas, owners: z.optional(z.record(z.string(), z.strictObject(quotas))) });
}
