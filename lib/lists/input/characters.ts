import { fromStart } from './pieces.ts';

/** What a decoder puts in place of bytes that are none of its characters. */
export const NOT_DECODED = '\ufffd';

/**
 * The text of a list: UTF-8, or UTF-16 where it begins with that byte order mark (as spreadsheets write). The mark is
 * left out. What is not UTF-8 becomes `NOT_DECODED`, which no entry may have.
 */
export async function* characters(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const { head, all } = await fromStart(bytes, 2);
  const decoder = new TextDecoder(encodingOf(head));
  for await (const piece of all) {
    const text = decoder.decode(piece, { stream: true });
    if (text !== '') yield text;
  }
  const last = decoder.decode();
  if (last !== '') yield last;
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
