import { flagOf, variableOf } from '../../cli/options/option.ts';
import { allOptions } from '../../cli/options/table.ts';
import { MadeTables, unpadded } from './made-tables.ts';

// The table of settings in docs/cli.md, made from the data that the command line uses.
// `node test/support/option-rows.ts` writes it anew (then format the file); a test says when that is needed.

const DOCS = new MadeTables('docs/cli.md', 'test/support/option-rows.ts');

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
  return unpadded(DOCS.read()['settings'] ?? '');
}

if (import.meta.main) DOCS.write({ settings: optionRows() });
