import { expect, test } from 'vitest';
import type { ListOptions } from '../../../lib/lists/options.ts';
import { allOf } from './suite.ts';

// Texts at which an expression that goes back at every character does not come to its end.

const LONG = 200_000;
const SECOND = 'https://e.example/b.bin';

interface Hostile {
  readonly what: string;
  readonly list: string;
  readonly options: ListOptions;
}

test.each<Hostile>([
  {
    what: 'empty lines above a path',
    list: `${'\n'.repeat(60)}a.bin\nb.bin\n`,
    options: { format: 'paths', base: 'https://e.example/' },
  },
  { what: 'empty lines above a URL', list: `${' \n'.repeat(60)}https://e.example/a.bin\n${SECOND}\n`, options: {} },
  {
    what: 'a header of one long word',
    list: `url,${'x'.repeat(LONG)}\n,y\n${SECOND},x\n`,
    options: { format: 'csv' },
  },
  {
    what: 'white space in a comment above the header',
    list: `# url${' '.repeat(LONG)}x\nurl\nftp:\n${SECOND}\n`,
    options: { format: 'csv' },
  },
])('a list is read to its end: $what', async ({ list, options }) => {
  const entries = await allOf(list, options, [LONG / 2, LONG / 2 + 1, LONG / 2 + 2]);
  expect(entries.at(-1)).toMatchObject({ sources: [SECOND] });
});
