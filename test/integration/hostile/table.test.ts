import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { HOSTILE } from './rows/all.ts';
import { HOSTILE_STORES } from './store-rows/all.ts';

const DOCUMENT = new URL('../../../docs/reliability.md', import.meta.url);

/** The rows of the table under a heading, as they are written. */
function tableUnder(heading: string, text: string): readonly string[] {
  const section = text.split(`### ${heading}\n`)[1]?.split('\n#', 1)[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => line.replace(/ +\|/g, ' |'));
}

test.each([...Object.entries(HOSTILE), ...Object.entries(HOSTILE_STORES)])(
  'docs/reliability.md lists what is tested: %s',
  async (heading, rows) => {
    const text = await readFile(DOCUMENT, 'utf8');
    const tested = rows.map(({ what, outcome, how }) => {
      const end = outcome === 'bytes' ? 'right bytes' : `\`${outcome}\``;
      return `| ${what} | ${end} | ${how} |`;
    });
    expect(tableUnder(heading, text)).toEqual(tested);
  },
);

test('no two rows have one name', () => {
  const tables = [Object.values(HOSTILE).flat(), ...Object.values(HOSTILE_STORES)];
  for (const rows of tables) expect(new Set(rows.map(({ what }) => what)).size).toBe(rows.length);
});
