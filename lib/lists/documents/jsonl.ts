import { byLine, TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import { Items } from './items.ts';
import { innerItems, itemPointer } from './pointer.ts';

/** A JSON object a line. */
export function readJsonLines(context: ReaderContext): Reader {
  const items = new Items('jsonl', context);
  const { inner } = context.options.items === undefined ? { inner: [] } : inLine(context.options.items);
  return byLine({
    line(text, line) {
      if (text.trim() === '') return;
      const value = parsed(text);
      if (typeof value !== 'object' || value === null) {
        context.invalid({ line }, 'it is no JSON object');
        return;
      }
      for (const item of innerItems(value, inner, [])) items.take(item, { line });
    },
    tooLong: (line) => context.invalid({ line }, TOO_LONG),
  });
}

/** Within a line, which is in memory, all of the pointer is inner. */
function inLine(pointer: string): { readonly inner: readonly string[] } {
  const { outer, inner } = itemPointer(pointer);
  return { inner: [...outer, '*', ...inner] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
