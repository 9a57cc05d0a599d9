import { printable } from '../values/text/printable.ts';

const MOST_CHARACTERS = 200;
/** A word of a sentence, a header's name, a small number: none of them can be a key, a token or a signature. */
const PLAIN =
  /^["'(]*(?:[a-z]{1,20}(?:['’-][a-z]{1,20}){0,3}|x-amz-[a-z-]{1,40}(?:crc\d{2}c?|sha\d{1,3}|md5)?|\d{1,5})["').,:;!?]*$/i;
/** Of texts that say nothing: what comes in place of a message where the answer has none. */
const NOTHING = /^(?:unknown ?error|error|http \d{3}|access ?denied|forbidden|bad request|not found)?[.!]?$/i;

/**
 * What a store itself says of a refusal, for a person who knows the store; `undefined` where it says nothing. Other
 * words than those of a sentence are left out, and so is what is a secret of ours.
 */
export async function storeWords(
  error: unknown,
  secrets: () => Promise<readonly string[]>,
): Promise<string | undefined> {
  const { name, message, $metadata } = Object(error) as {
    name?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  if (typeof $metadata?.httpStatusCode !== 'number' || typeof message !== 'string') return undefined;
  const words = plainWords(message);
  if (NOTHING.test(words) || words.toLowerCase() === String(name).toLowerCase()) return undefined;
  return withoutSecrets(words, await secrets().catch(() => undefined));
}

function plainWords(message: string): string {
  const words = printable(message.slice(0, MOST_CHARACTERS))
    .split(/\s+/)
    .filter((word) => word !== '');
  // A last word that is cut may be a part of one that would be left out.
  if (message.length > MOST_CHARACTERS) words.splice(-1, 1, '…');
  return words
    .map((word) => (PLAIN.test(word) ? word : '…'))
    .join(' ')
    .replace(/…(?: …)+/g, '…');
}

function withoutSecrets(words: string, secrets: readonly string[] | undefined): string | undefined {
  if (secrets === undefined) return undefined;
  const repeats = secrets.some((secret) => secret !== '' && words.toLowerCase().includes(secret.toLowerCase()));
  return repeats || !/[a-z]/i.test(words) ? undefined : words;
}
