import { describe, expect, test } from 'vitest';
import type { ListFormat, ListOptions } from '../../../lib/lists/options.ts';
import { readList } from '../../../lib/lists/read-list.ts';

/** What is read ahead: the head that is looked at to recognise a list, and what is unpacked and read in one go. */
const MOST_AHEAD_BYTES = 512 * 1024;
const CHUNK_LINES = 500;

interface Generated {
  readonly format: ListFormat;
  readonly lines: number;
  readonly before?: string;
  readonly line: (number: number) => string;
  readonly after?: string;
  readonly options?: ListOptions;
}

const GENERATED: readonly Generated[] = [
  { format: 'urls', lines: 1_000_000, line: (n) => `https://e.example/d/${n}.bin\n` },
  { format: 'csv', lines: 20_000, before: 'url,name\n', line: (n) => `https://e.example/${n},"a ""${n}"".bin"\n` },
  {
    format: 'checksums',
    lines: 20_000,
    line: (n) => `${'0f'.repeat(32)}  d/${n}.bin\n`,
    options: { base: 'https://e.example/' },
  },
  { format: 'jsonl', lines: 20_000, line: (n) => `{"url":"https://e.example/${n}"}\n` },
  {
    format: 'json',
    lines: 20_000,
    before: '[',
    line: (n) => `${n === 1 ? '' : ','}{"url":"https://e.example/${n}"}\n`,
    after: ']',
  },
  {
    format: 'metalink',
    lines: 20_000,
    before: '<metalink>',
    line: (n) => `<file name="${n}"><url>https://e.example/${n}</url></file>\n`,
    after: '</metalink>',
  },
];

describe('a list of any length', () => {
  test.each(GENERATED)(
    '$lines entries of the kind $format: no more is held than is read ahead',
    async ({ lines, line, before = '', after = '', format, options }) => {
      const average = Buffer.byteLength(line(lines / 2));
      let given = 0;
      async function* chunks() {
        yield Buffer.from(before);
        while (given < lines) {
          let text = '';
          for (let each = 0; each < CHUNK_LINES; each += 1) text += line(++given);
          yield Buffer.from(text);
        }
        yield Buffer.from(after);
      }
      let taken = 0;
      let most = 0;
      for await (const { kind } of await readList(chunks(), { ...options, format })) {
        if (kind !== 'entry') throw new Error('it is an entry');
        taken += 1;
        most = Math.max(most, given - taken);
      }
      expect(taken).toBe(lines);
      expect(most * average).toBeLessThan(MOST_AHEAD_BYTES);
    },
    120_000,
  );
});
