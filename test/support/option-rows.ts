import { readFileSync, writeFileSync } from 'node:fs';
import { flagOf, variableOf } from '../../cli/options/option.ts';
import { allOptions } from '../../cli/options/table.ts';

// The table of settings in docs/cli.md, made from the data that the command line uses.
// `node test/support/option-rows.ts` writes it anew (then format the file); a test says when that is needed.

const DOCS = new URL('../../docs/cli.md', import.meta.url);
const BEGIN = '<!-- settings: begin (made by test/support/option-rows.ts) -->\n';
const END = '<!-- settings: end -->\n';

export function optionRows(): string {
  const rows = allOptions().map(([key, { kind, short, help, fallback, inConfig }]) => {
    const value = kind.placeholder === undefined ? '' : ` ${kind.placeholder}`;
    const flag = [...(short === undefined ? [] : [short]), `${flagOf(key)}${value}`]
      .map((text) => `\`${text}\``)
      .join(', ');
    const config = inConfig === false ? 'none' : `\`${key}\``;
    return `| ${flag} | \`${variableOf(key)}\` | ${config} | ${fallback ?? 'none'} | ${help} |`;
  });
  return [
    '| Flag | Environment | Config key | Default | What it does |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** The table as it stands in the docs, without what the formatter put into it. */
export function documentedRows(): string {
  const { begin, end, text } = place();
  return unpadded(text.slice(begin, end));
}

/** A Markdown table as it is before a formatter pads its cells. */
export function unpadded(markdown: string): string {
  return markdown
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(/ +(?=\|)/g, ' ')
        .replace(/(?<=\|) +/g, ' ')
        .replace(/-{3,}/g, '---'),
    )
    .join('\n');
}

function place(): { readonly begin: number; readonly end: number; readonly text: string } {
  const text = readFileSync(DOCS, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('docs/cli.md has no place for the table of settings');
  return { begin: begin + BEGIN.length, end, text };
}

if (import.meta.main) {
  const { begin, end, text } = place();
  writeFileSync(DOCS, `${text.slice(0, begin)}\n${optionRows()}\n\n${text.slice(end)}`);
}
