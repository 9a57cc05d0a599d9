import { cleaned } from '../../errors/redact.ts';
import type { Place } from '../entry.ts';
import { invalidList } from '../input/invalid-list.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import type { JsonFormat } from '../options.ts';
import type { Scope } from './fields.ts';
import { fieldOf } from './fields.ts';
import { Items } from './items.ts';
import { jsonItems } from './json-items.ts';
import { innerItems, itemPointer, pointerText } from './pointer.ts';

/** Where pages of a list name each other (STAC, RFC 8288 in JSON). */
const LINKS = ['links'];
/** Files of one item. */
const MOST_HELD = 10_000;

/** A document of JSON, of any length: one item at a time is in memory. */
export function readJson(format: JsonFormat): (context: ReaderContext) => Reader {
  return (context) => {
    const items = new Items(format, context);
    const pointers = items.pointers.map(itemPointer);
    const outers = pointers.map(({ outer }) => outer);
    /** Of a document that is one item by itself, whose own link may stand after its files. */
    const held: { readonly scope: Scope; readonly at: Place }[] = [];
    let self: unknown;

    function link(value: unknown): void {
      const href = fieldOf(value, 'href');
      if (fieldOf(value, 'rel') === 'self') self = value;
      if (fieldOf(value, 'rel') !== 'next' || typeof href !== 'string') return;
      const method = fieldOf(value, 'method');
      if (typeof method === 'string' && method.toUpperCase() !== 'GET')
        throw invalidList(`goes on with a page that is asked for by ${cleaned(method, 20)}, which is not done`);
      context.next(href);
    }

    return jsonItems(items.hasLinks ? [...outers, LINKS] : outers, {
      item(value, pointer, root) {
        const outer = pointer.slice(0, -1);
        if (items.hasLinks && isSame(outer, LINKS)) {
          link(value);
          return;
        }
        for (const each of pointers.filter((one) => isSame(one.outer, outer))) {
          for (const inner of innerItems(value, each.inner, pointer)) {
            const scope = { ...inner, values: [...inner.values, root] };
            const at = { pointer: pointerText(inner.pointer) };
            if (items.hasLinks && each.inner.length === 0 && held.length < MOST_HELD) held.push({ scope, at });
            else items.take(scope, at);
          }
        }
      },
      tooLarge: (pointer) => context.invalid({ pointer: pointerText(pointer) }, 'it is longer than any entry is'),
      end() {
        const around = { links: [self] };
        for (const { scope, at } of held) items.take({ ...scope, values: [...scope.values, around] }, at);
        items.end();
      },
    });
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((segment, index) => segment === b[index]);
}
