/** Crockford's digits, as ULIDs have them: they sort as their numbers do. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The last `length` digits. */
export function base32(number: number, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest = Math.floor(rest / 32)) text = `${DIGITS[rest % 32]}${text}`;
  return text;
}

/** What is no digit counts as 0. */
export function fromBase32(text: string): number {
  return [...text].reduce((value, digit) => value * 32 + Math.max(0, DIGITS.indexOf(digit)), 0);
}
