/** Walks through a folder that are under way at once. */
const MOST = 4;
/** A page that is asked for later is looked up anew. */
const KEPT_MS = 5_000;

/** What further pages of a listing are going to have, so that the folder is not read and sorted once for each page. */
export interface KeptListings {
  /** Once; `undefined` = it is to be looked up. */
  restOf(prefix: string, cursor: string | undefined): readonly string[] | undefined;
  keep(prefix: string, cursor: string, rest: readonly string[]): void;
}

export function keptListings(): KeptListings {
  const all = new Map<string, { readonly rest: readonly string[]; readonly keptAt: number }>();
  return {
    restOf(prefix, cursor) {
      if (cursor === undefined) return undefined;
      const key = `${prefix}\n${cursor}`;
      const found = all.get(key);
      all.delete(key);
      return found !== undefined && Math.abs(Date.now() - found.keptAt) < KEPT_MS ? found.rest : undefined;
    },
    keep(prefix, cursor, rest) {
      const [oldest] = all.keys();
      if (all.size >= MOST && oldest !== undefined) all.delete(oldest);
      all.set(`${prefix}\n${cursor}`, { rest, keptAt: Date.now() });
    },
  };
}
