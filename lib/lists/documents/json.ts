import type { Reader, ReaderContext } from '../input/reader.ts';
import type { JsonFormat } from '../options.ts';
import { fieldOf } from './fields.ts';
import { Items } from './items.ts';
import { jsonItems } from './json-items.ts';
import { innerItems, itemPointer, pointerText } from './pointer.ts';

/** Where pages of a list name each other (STAC, RFC 8288 in JSON). */
const LINKS = ['links'];

/** A document of JSON, of any length: one item at a time is in memory. */
export function readJson(format: JsonFormat): (context: ReaderContext) => Reader {
  return (context) => {
    const items = new Items(format, context);
    const pointers = items.pointers.map(itemPointer);
    const outers = pointers.map(({ outer }) => outer);
    return jsonItems(items.hasLinks ? [...outers, LINKS] : outers, {
      item(value, pointer, root) {
        const outer = pointer.slice(0, -1);
        if (items.hasLinks && isSame(outer, LINKS)) {
          const next = fieldOf(value, 'rel') === 'next' ? fieldOf(value, 'href') : undefined;
          if (typeof next === 'string') context.next(next);
          return;
        }
        for (const each of pointers.filter((one) => isSame(one.outer, outer))) {
          for (const inner of innerItems(value, each.inner, pointer)) {
            items.take({ ...inner, values: [...inner.values, root] }, { pointer: pointerText(inner.pointer) });
          }
        }
      },
      tooLarge: (pointer) => context.invalid({ pointer: pointerText(pointer) }, 'it is longer than any entry is'),
      end: () => items.end(),
    });
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((segment, index) => segment === b[index]);
}
