import { MAX_LINE } from './lines.ts';
import type { Reader } from './reader.ts';

/** A reader that is chosen by the first line that is neither empty nor a comment. */
export function sniffed(
  choose: (firstLine: string) => Reader,
  isComment: (line: string) => boolean = () => false,
): Reader {
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
      const line = firstLine(start);
      if (line !== undefined) begin(line);
      else if (start.length > MAX_LINE) begin(start.trim());
    },
    end: () => (reader ?? begin(firstLine(`${start}\n`) ?? '')).end(),
  };

  /** From its first character that is not white; not by one expression, which would go back at every character. */
  function firstLine(text: string): string | undefined {
    const lines = text.split('\n');
    // It goes on in the next chunk.
    lines.pop();
    for (const line of lines) {
      const shown = line.trimStart();
      if (shown !== '' && !isComment(shown)) return shown;
    }
    return undefined;
  }
}
