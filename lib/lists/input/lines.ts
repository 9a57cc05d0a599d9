import type { Reader } from './reader.ts';

/** In characters. A longer line is an error of that line, and is not kept. */
export const MAX_LINE = 256 * 1024;

export interface LineReader {
  line(text: string, number: number): void;
  /** That line is longer than `MAX_LINE`. */
  tooLong(number: number): void;
  end?(): void;
}

/** Cuts text into lines, without their ends (LF, CRLF); a last line may lack its own. */
export function byLine(reader: LineReader): Reader {
  let rest = '';
  let number = 0;
  let isTooLong = false;

  function keep(part: string): void {
    if (isTooLong) return;
    rest += part;
    // One more for a CR.
    if (rest.length <= MAX_LINE + 1) return;
    rest = '';
    isTooLong = true;
  }

  function finish(): void {
    number += 1;
    const text = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
    const refused = isTooLong || text.length > MAX_LINE;
    rest = '';
    isTooLong = false;
    if (refused) reader.tooLong(number);
    else reader.line(text, number);
  }

  return {
    push(text) {
      let from = 0;
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
        keep(text.slice(from, at));
        finish();
        from = at + 1;
      }
      if (from < text.length) keep(text.slice(from));
    },
    end() {
      if (rest !== '' || isTooLong) finish();
      reader.end?.();
    },
  };
}

export const TOO_LONG = `is longer than ${MAX_LINE} characters; no entry is so long`;
