/** What moves a cursor, ends a line or turns its direction: C0, DEL, C1, separators, and bidi controls (UAX #9). */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Text from outside, as it may be shown: whatever could move a cursor, forge a line or turn its direction is `�`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '�');
}

/** The same with escapes as in JSON, `\u202e`, which tell one name from another. */
export function printableEscapes(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** JSON of the same value that can be shown on a terminal as well: nothing unprintable stands in it unescaped. */
export function printableJson(value: object): string {
  return printableEscapes(JSON.stringify(value));
}

function escaped(text: string): string {
  return Array.from(
    { length: text.length },
    (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
