import { alternatives } from './braces.ts';

/*
 * Globs on names, matched in time that grows with pattern times name and no faster, whatever the pattern: one that
 * comes through an API must not keep a function busy. A star that was passed is not gone back to once a later one is
 * reached: what stands between two stars may as well be taken where it is first found.
 */

/** One place of a pattern. `undefined` = any characters, also none. */
type Place = ((char: string) => boolean) | undefined;
type Segment = readonly Place[] | 'folders';

/** Of all alternatives together. */
const MOST_CHARACTERS = 10_000;

/**
 * Whether a name is matched: `*` any characters, `?` one, `[a-z]` and `[!a-z]` one of them or none of them, each within
 * a segment; `**` any folders; `{a,b}` and `{01..12}` alternatives; `\` takes what follows as it is. A pattern without
 * `/` is for the last segment. Upper and lower case differ; a leading dot is a character like others.
 * @throws RangeError which says what the pattern lacks
 */
export function glob(pattern: string): (name: string) => boolean {
  refuseGroups(pattern);
  const all = alternatives(pattern.replace(/^(?:\.\/)+/, ''), MOST_CHARACTERS).map(pathOf);
  const isForLast = !pattern.includes('/');
  return (name) => {
    const segments = name.split('/').map((segment) => [...segment]);
    const compared = isForLast ? segments.slice(-1) : segments;
    return all.some((one) => matchesPath(one, compared));
  };
}

/** What other programs take for groups, and would be taken here as it stands: better none than another meaning. */
function refuseGroups(pattern: string): void {
  if (/(?:^|[^\\])[@+!?*]\([^()]*\|[^()]*\)|^!\(/.test(pattern))
    throw new RangeError('groups such as @(a|b) are not understood: write {a,b}; and --exclude in place of !(a)');
}

/** What ends with `**` is for what lies in there, and not for what has the name of the folder. */
function pathOf(pattern: string): readonly Segment[] {
  const segments = pattern.split('/').map(segmentOf);
  return segments.at(-1) === 'folders' ? [...segments, segmentOf('*')] : segments;
}

function segmentOf(text: string): Segment {
  if (text === '**') return 'folders';
  const chars = [...text];
  const places: Place[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? '';
    if (char === '*') {
      if (places.length === 0 || places.at(-1) !== undefined) places.push(undefined);
    } else if (char === '?') places.push(() => true);
    else if (char === '[') {
      const end = endOfClass(chars, at);
      places.push(classOf(chars.slice(at + 1, end)));
      at = end;
    } else {
      if (char === '\\' && at + 1 < chars.length) at += 1;
      const wanted = chars[at];
      places.push((given) => given === wanted);
    }
  }
  return places;
}

/** A bracket that closes right at the beginning is one of the characters. */
function endOfClass(chars: readonly string[], start: number): number {
  let at = start + 1;
  if (chars[at] === '!' || chars[at] === '^') at += 1;
  if (chars[at] === ']') at += 1;
  while (at < chars.length && chars[at] !== ']') at += chars[at] === '\\' ? 2 : 1;
  if (at >= chars.length) throw new RangeError('a [ in it is not closed; \\[ stands for the character');
  return at;
}

function classOf(given: readonly string[]): (char: string) => boolean {
  const isNegated = given[0] === '!' || given[0] === '^';
  const chars = isNegated ? given.slice(1) : given;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    if (chars[at] === '\\' && at + 1 < chars.length) at += 1;
    const first = chars[at] ?? '';
    const isRange = chars[at + 1] === '-' && at + 2 < chars.length;
    const last = isRange ? (chars[at + 2] ?? '') : first;
    if (isRange) at += 2;
    ranges.push([first, last]);
  }
  const has = (char: string) => ranges.some(([first, last]) => compare(first, char) <= 0 && compare(char, last) <= 0);
  return isNegated ? (char) => !has(char) : has;
}

function compare(one: string, other: string): number {
  return (one.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
}

function matchesPath(pattern: readonly Segment[], name: readonly (readonly string[])[]): boolean {
  return matchesWith(
    pattern,
    name,
    (segment) => segment === 'folders',
    (segment, given) => segment !== 'folders' && matchesSegment(segment, given),
  );
}

function matchesSegment(places: readonly Place[], chars: readonly string[]): boolean {
  // `*` alone is for a name, and not for none.
  if (chars.length === 0) return false;
  return matchesWith(
    places,
    chars,
    (place) => place === undefined,
    (place, char) => place?.(char) === true,
  );
}

/** @param isAny it stands for any number of what is given */
function matchesWith<P, G>(
  pattern: readonly P[],
  given: readonly G[],
  isAny: (part: P) => boolean,
  matches: (part: P, one: G) => boolean,
): boolean {
  let part = 0;
  let at = 0;
  let any: { readonly part: number; readonly at: number } | undefined;
  while (at < given.length) {
    const next = part < pattern.length ? (pattern[part] as P) : undefined;
    if (part < pattern.length && isAny(next as P)) {
      any = { part: part + 1, at };
      part += 1;
    } else if (part < pattern.length && matches(next as P, given[at] as G)) {
      part += 1;
      at += 1;
    } else if (any !== undefined) {
      any = { part: any.part, at: any.at + 1 };
      part = any.part;
      at = any.at;
    } else return false;
  }
  while (part < pattern.length && isAny(pattern[part] as P)) part += 1;
  return part === pattern.length;
}
