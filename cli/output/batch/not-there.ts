const ONE = { entries: 'entry', sources: 'source' } as const;

/** Of a batch that brought some and not all. */
export function notThereText(left: number, all: number, of: keyof typeof ONE): string {
  if (all === 1) return `its only ${ONE[of]} is not there`;
  return `${left} of ${all} ${of} ${left === 1 ? 'is' : 'are'} not there`;
}
