import { MAX_LINE } from './lines.ts';
import type { Reader } from './reader.ts';

/** A reader that is chosen by the first line that is not empty. */
export function sniffed(choose: (firstLine: string) => Reader): Reader {
  let reader: Reader | undefined;
  let start = '';

  function begin(line: string): Reader {
    reader = choose(line);
    reader.push(start);
    start = '';
    return reader;
  }

  return {
    push(text) {
      if (reader !== undefined) return reader.push(text);
      start += text;
      const [, line] = /^\s*(\S[^\n]*)\n/.exec(start) ?? [];
      if (line !== undefined) begin(line);
      else if (start.length > MAX_LINE) begin(start.trim());
    },
    end: () => (reader ?? begin(start.trim())).end(),
  };
}
