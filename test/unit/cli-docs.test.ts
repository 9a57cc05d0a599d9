import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../cli/completion/model.ts';
import { flagOf, negationOf, variableOf } from '../../cli/options/option.ts';
import { allOptions, OPTIONS } from '../../cli/options/table.ts';
import { buildProgram } from '../../cli/program.ts';
import { run } from '../../cli/run.ts';
import { VERBS } from '../../cli/verbs.ts';
import { ERROR_CODES, EXIT_CODES, exitCodeOf, isErrorCode, reactionTo } from '../../lib/errors/codes.ts';
import { testContext } from '../support/cli-context.ts';
import { unpadded } from '../support/made-tables.ts';
import { documentedRows, optionRows } from '../support/option-rows.ts';

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('docs/cli.md', () => {
  it('has the table of settings as the command line has it (`node test/support/option-rows.ts` writes it)', () => {
    expect(documentedRows()).toBe(optionRows());
  });

  it('names every verb, and no other', () => {
    const named = [...docs('cli.md').matchAll(/^piecework (\w+)[^\n]*?(?:\(alias (\w+)|$)/gm)].slice(0, VERBS.length);
    expect(named.map(([, name]) => name)).toEqual(VERBS.map(({ name }) => name));
  });

  it('has every exit code, and no other', () => {
    const section = unpadded(docs('cli.md')).split('## Exit codes')[1]?.split('\n## ')[0] ?? '';
    const documented = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(documented).toEqual([0, ...Object.values(EXIT_CODES), 141]);
  });
});

describe('docs/errors.md', () => {
  const rows = [...unpadded(docs('errors.md')).matchAll(/^\| `(\w+)` \| (\d+) \| (\w+) \| (.+) \| (.+) \|$/gm)];

  it('has every code once, and no other', () => {
    expect(rows.map(([, code]) => code).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it.each(rows.map((row) => row.slice(1)))('says of %s what the code does', (code = '', exit, reaction) => {
    expect(isErrorCode(code)).toBe(true);
    if (isErrorCode(code)) expect([exit, reaction]).toEqual([String(exitCodeOf(code)), reactionTo(code)]);
  });
});

describe('the table of settings', () => {
  it('gives no name twice', () => {
    const flags = allOptions().flatMap(([key, { kind, short }]) => [
      flagOf(key),
      ...(short === undefined ? [] : [short]),
      ...(kind.placeholder === undefined ? [negationOf(key)] : []),
    ]);
    const names = [...flags, ...allOptions().map(([key]) => variableOf(key)), '-h', '--help', '--version'];
    expect(new Set(names).size).toBe(names.length);
  });

  it('names flags and variables by its keys', () => {
    expect([flagOf('expectSha256'), variableOf('expectSha256')]).toEqual([
      '--expect-sha256',
      'PIECEWORK_EXPECT_SHA256',
    ]);
    expect([negationOf('json'), negationOf('noClobber')]).toEqual(['--no-json', '--clobber']);
  });
});

describe('completion', () => {
  const { stdout, stderr, environment } = testContext();
  const completion = completionOf(buildProgram(VERBS, { stdout, stderr, environment }, () => undefined));

  it('knows every verb with its options, and what is to choose from', () => {
    expect(completion.verbs.map(({ names }) => names[0])).toEqual(VERBS.map(({ name }) => name));
    const copy = completion.verbs[0];
    const expected = allOptions().flatMap(([key, { verbs }]) => (verbs.includes('copy') ? [flagOf(key)] : []));
    expect(new Set(copy?.options.map(({ long }) => long))).toEqual(new Set([...expected, '--help']));
    expect(copy?.options.find(({ long }) => long === '--if-exists')?.choices).toEqual(OPTIONS.ifExists.kind.choices);
    expect(copy?.options.find(({ long }) => long === '--no-clobber')?.takesValue).toBe(false);
  });

  it.each(['bash', 'zsh', 'fish'])('is there for %s', async (shell) => {
    const context = testContext();
    expect(await run(['completion', shell], context)).toBe(0);
    const long = shell === 'fish' ? '-l if-exists -x' : '--if-exists';
    for (const part of [long, 'replace fail if-changed', 'cancel', 'cp']) expect(context.stdout.text).toContain(part);
  });
});
