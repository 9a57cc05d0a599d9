import type { SealedDocuments } from '../../lib/secrets/secrets.ts';

/** Sealed documents in memory, as JSON. */
export function memorySealed(): SealedDocuments & { readonly names: () => readonly string[] } {
  const all = new Map<string, string>();
  return {
    async seal(name, value) {
      all.set(name, JSON.stringify(value));
    },
    async unseal<T>(name: string) {
      const found = all.get(name);
      return found === undefined ? undefined : (JSON.parse(found) as T);
    },
    async discard(prefix) {
      for (const name of [...all.keys()]) if (name.startsWith(prefix)) all.delete(name);
    },
    names: () => [...all.keys()].sort(),
  };
}
