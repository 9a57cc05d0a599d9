import type { Usage } from '../../transfer/cost/usage.ts';
import { addUsage } from '../../transfer/cost/usage.ts';
import { withUsage } from '../../transfer/record/used.ts';
import type { Ports } from './ports.ts';

/**
 * Writes what the work at hand has used into what is being stored or sent anyway, and counts it as said once that has
 * succeeded. It costs no request of its own; what is lost with a worker or a message is lost from the sum.
 * @param own what the storing or sending itself will use
 */
export async function sayingUsage<T>(
  { usage }: Pick<Ports, 'usage'>,
  own: Partial<Usage>,
  say: (used: Usage | undefined) => Promise<T>,
): Promise<T> {
  if (usage === undefined) return await say(undefined);
  const used = addUsage(usage.used(), own);
  const said = await say(used);
  usage.take(used);
  return said;
}

/** The record as it would be stored now: for what is announced of it. */
export function withUsedSoFar<R extends Parameters<typeof withUsage>[0]>(
  { usage }: Pick<Ports, 'usage'>,
  record: R,
): R {
  return usage === undefined ? record : withUsage(record, usage.used());
}
