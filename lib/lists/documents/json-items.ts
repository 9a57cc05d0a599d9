import { getManyValues, isMany, none } from 'stream-chain/core';
import type { Token } from 'stream-json/core/parser.js';
import { jsonParser } from 'stream-json/core/parser.js';
import { invalidList } from '../input/invalid-list.ts';
import type { Reader } from '../input/reader.ts';
import type { ItemReceiver } from './item-stream.ts';
import { ItemStream } from './item-stream.ts';

/** Reads the elements of arrays and objects at these paths, of a document of any length, one at a time. */
export function jsonItems(outers: readonly (readonly string[])[], receiver: ItemReceiver & { end(): void }): Reader {
  const stream = new ItemStream(outers, receiver);
  const parser = jsonParser({ packValues: false, streamValues: true }) as (text: string | typeof none) => unknown;

  function feed(text: string | typeof none): void {
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
    if (isMany(found)) for (const token of getManyValues(found) as Token[]) stream.take(token);
  }

  return {
    push: feed,
    end() {
      feed(none);
      receiver.end();
    },
  };
}

/** The parser's own words: they name a sign of JSON, and nothing of the text. */
function problemOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^Parser (?:cannot parse input: )?/, '') : 'unreadable';
}
