/** What is not deterministic enters through here, so that a simulation can replay it from a seed. */
export interface Ids {
  /** A new ULID: 26 characters, sorting by time of creation. */
  ulid(): string;
}

/** A number in [0, 1) that depends on the text alone: jitter that a replay reproduces. FNV-1a, finished by a mix. */
export function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
