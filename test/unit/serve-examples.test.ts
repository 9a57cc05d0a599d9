import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { flagOf } from '../../cli/options/option.ts';
import { optionsOf } from '../../cli/options/table.ts';

const KNOWN = new Set(optionsOf('serve').map(([key]) => flagOf(key)));

it.each(['piecework.service', 'Containerfile'])('examples/serve/%s gives options that serve has', (name) => {
  const text = readFileSync(new URL(`../../examples/serve/${name}`, import.meta.url), 'utf8');
  const start = text.split('\n').find((line) => /^(ExecStart=|ENTRYPOINT )/.test(line)) ?? '';
  const flags = [...start.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
  expect(flags.length).toBeGreaterThan(2);
  expect(flags.filter((flag) => !KNOWN.has(flag))).toEqual([]);
});
