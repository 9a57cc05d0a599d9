import type { BatchEntry } from '../../../transfer/batch/entry.ts';

/** What has one and the same source and expectations stands together: it is asked for once. In order of the first. */
export function twins<T extends { readonly entry: BatchEntry }>(all: readonly T[]): T[][] {
  const byUrl = new Map<string, T[][]>();
  const groups: T[][] = [];
  for (const one of all) {
    const url = one.entry.sources[0]?.url ?? '';
    const near = byUrl.get(url) ?? [];
    // Whole sources are compared only where the URL is the same, which is rare.
    const group = near.length === 0 ? undefined : near.find(([first]) => first !== undefined && isTwin(first, one));
    if (group !== undefined) {
      group.push(one);
      continue;
    }
    const begun = [one];
    near.push(begun);
    byUrl.set(url, near);
    groups.push(begun);
  }
  return groups;
}

function isTwin(a: { readonly entry: BatchEntry }, b: { readonly entry: BatchEntry }): boolean {
  return identityOf(a.entry) === identityOf(b.entry);
}

function identityOf({ sources, expect }: BatchEntry): string {
  return JSON.stringify([sources, expect]);
}
