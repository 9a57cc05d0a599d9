import { fractionOf } from '../random.ts';

/*
 * An owner is the principal that a home's API knows: an ARN, the subject of an authorizer, the name of an API key. Here
 * is how it stands in names of things.
 */

/** In the prefix of a destination: the place of each owner's own name. */
export const OWNER_FIELD = '{owner}';

/**
 * One word of a path or a key: letters, digits, `-`, `_` and dots stay, all other bytes are written as `=3A`.
 * Two owners never have one name, and none is a name that clients resolve (`..`) or that begins another's.
 */
export function ownerName(owner: string): string {
  return [...Buffer.from(owner, 'utf8')]
    .map((byte, index) => {
      const char = String.fromCharCode(byte);
      const isPlain = /[A-Za-z0-9_-]/.test(char) || (char === '.' && index > 0);
      return isPlain ? char : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** Where the owner writes, of a prefix that may have `{owner}` in it. */
export function prefixOf(prefix: string, owner: string): string {
  return prefix.replaceAll(OWNER_FIELD, () => ownerName(owner));
}

/** What the prefixes of all owners begin with. */
export function prefixOfAll(prefix: string): string {
  const [before = ''] = prefix.split(OWNER_FIELD);
  return before;
}

/** Eight hex digits that tell owners apart where a rare mistake does no harm. */
export function ownerMark(owner: string): string {
  return Math.floor(fractionOf(owner) * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
}
