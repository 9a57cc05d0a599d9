/**
 * The one of `known` that was probably meant by `given`: one or two slips away, or the only one it begins.
 */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const wanted = plain(given);
  if (wanted === '') return undefined;
  const allowed = wanted.length <= 4 ? 1 : wanted.length <= 12 ? 2 : 3;
  let best: { readonly name: string; readonly slips: number } | undefined;
  for (const name of known) {
    const slips = distance(wanted, plain(name));
    if (slips <= allowed && (best === undefined || slips < best.slips)) best = { name, slips };
  }
  if (best !== undefined) return best.name;
  const begun = known.filter((name) => wanted.length >= 3 && plain(name).startsWith(wanted));
  return begun.length === 1 ? begun[0] : undefined;
}

/** `; did you mean …?`, or nothing. */
export function didYouMean(given: string, known: readonly string[]): string {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

/** Camel case, dashes and underscores are one and the same slip of no weight. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** Letters put in, left out, changed or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
