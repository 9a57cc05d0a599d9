import type { SourceLocator } from '../transfer/locators.ts';
import type { Secrets } from './secrets.ts';

/** Keeps locators in the process only: on one machine nothing secret is ever stored (invariant 6). */
export function memorySecrets(): Secrets {
  const sealed = new Map<string, SourceLocator>();
  const nameOf = (transferId: string, run: number) => `${transferId}/${run}`;

  return {
    async seal(transferId, run, locator) {
      sealed.set(nameOf(transferId, run), structuredClone(locator));
    },
    async unseal(transferId, run) {
      const locator = sealed.get(nameOf(transferId, run));
      return locator === undefined ? undefined : structuredClone(locator);
    },
    async discard(transferId, run) {
      sealed.delete(nameOf(transferId, run));
    },
  };
}
