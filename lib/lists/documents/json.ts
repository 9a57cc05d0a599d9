import { getManyValues, isMany, none } from 'stream-chain/core';
import type { Token } from 'stream-json/core/parser.js';
import { jsonParser } from 'stream-json/core/parser.js';
import { invalidList } from '../input/invalid-list.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import type { JsonFormat } from '../options.ts';
import { fieldOf } from './fields.ts';
import { ItemStream } from './item-stream.ts';
import { Items } from './items.ts';
import { innerItems, itemPointer, pointerText } from './pointer.ts';

/** Where pages of a list name each other (STAC, RFC 8288 in JSON). */
const LINKS = ['links'];

/** A document of JSON, of any length: one item at a time is in memory. */
export function readJson(format: JsonFormat): (context: ReaderContext) => Reader {
  return (context) => {
    const items = new Items(format, context);
    const pointers = items.pointers.map(itemPointer);
    const outers = pointers.map(({ outer }) => outer);
    const stream = new ItemStream(items.hasLinks ? [...outers, LINKS] : outers, {
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
    });
    const feed = tokens((token) => stream.take(token));
    return {
      push: (text) => feed(text),
      end() {
        feed(none);
        items.end();
      },
    };
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((segment, index) => segment === b[index]);
}

function tokens(take: (token: Token) => void): (text: string | typeof none) => void {
  const parser = jsonParser({ packValues: false, streamValues: true }) as (text: string | typeof none) => unknown;
  return (text) => {
    let found: unknown;
    try {
      found = parser(text);
    } catch (error) {
      const isCutOff = text === none;
      throw invalidList(
        isCutOff ? 'is JSON that is cut off: it does not end' : `is no JSON: ${problemOf(error)}`,
        error,
      );
    }
    if (isMany(found)) for (const token of getManyValues(found) as Token[]) take(token);
  };
}

/** The parser's own words: they name a sign of JSON, and nothing of the text. */
function problemOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^Parser (?:cannot parse input: )?/, '') : 'unreadable';
}
