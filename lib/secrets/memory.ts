import type { SourceLocator } from '../transfer/locators.ts';
import type { SealedName, Secrets } from './secrets.ts';

/** Keeps locators in the process only: on one machine nothing secret is ever stored (invariant 6). */
export function memorySecrets(): Secrets {
  const sealed = new Map<string, SealedName & { readonly locator: SourceLocator }>();
  const nameOf = (transferId: string, run: number) => `${transferId}/${run}`;

  return {
    async seal(transferId, run, locator) {
      sealed.set(nameOf(transferId, run), { transferId, run, locator: structuredClone(locator) });
    },
    async unseal(transferId, run) {
      return structuredClone(sealed.get(nameOf(transferId, run))?.locator);
    },
    async discard(transferId, run) {
      sealed.delete(nameOf(transferId, run));
    },
    async *list() {
      for (const { transferId, run } of [...sealed.values()]) yield { transferId, run };
    },
  };
}
