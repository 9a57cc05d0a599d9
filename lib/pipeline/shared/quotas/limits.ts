import type { Quotas } from '../../../transfer/quotas.ts';
import { quotasOf } from '../../../transfer/quotas.ts';
import type { Ports } from '../ports.ts';

/** What the home lets this owner have. */
export function limitsOf({ policy }: Pick<Ports, 'policy'>, owner: string): Quotas {
  return policy.quotas === undefined ? {} : quotasOf(policy.quotas, owner);
}
