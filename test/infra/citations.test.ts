import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tree } from '../support/citations.ts';
import { citedOf, rulesIn, wrongCitations, wrongLinks } from '../support/citations.ts';

const TREE: Tree = { exists: existsSync, read: (path) => readFileSync(path, 'utf8') };
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'cdk.out', '.cache', '.git']);
/** All but the two that are about wrong citations. */
const FILES = globSync(['**/*.{ts,js,md}', '.*.js'], { exclude: (path) => NOT_OURS.has(basename(path)) }).filter(
  (path) => !/(^|\/)citations(\.test)?\.ts$/.test(path),
);
const CITED = citedOf(TREE.read('docs/protocol.md'), TREE.read('docs/architecture.md'), readdirSync('docs/adr'));

describe('what is cited', () => {
  it('is there: rules, sections, invariants, decisions', () => {
    expect(FILES.length).toBeGreaterThan(400);
    expect(FILES.flatMap((path) => wrongCitations(TREE.read(path), CITED).map((what) => `${path}: ${what}`))).toEqual(
      [],
    );
  });

  it('is a whole: seventeen rules, six invariants, and code for each rule', () => {
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    expect([...CITED.rules]).toEqual(numbered(17));
    expect([...CITED.invariants]).toEqual(numbered(6));
    const inCode = FILES.filter((path) => path.startsWith('lib/')).flatMap((path) => [...rulesIn(TREE.read(path))]);
    expect(numbered(17).filter((rule) => !inCode.includes(rule))).toEqual([]);
  });

  it.each([
    ['rule 18', '// the swap first (rule 18)'],
    ['rule 19', 'Rules 6, 8 and 19: dropped'],
    ['rule 0', 'rules 0 to 12'],
    ['invariant 7', '/** (invariant 7) */'],
    ['protocol § 12', 'as the record says (protocol §2, §12)'],
    ['decision 99', 'ADR 99 says why'],
    ['protocol, "Order of things"', 'in this order (protocol, "Order of things")'],
    ['architecture, "The room"', 'see architecture, "The room".'],
    ['design §', 'checked (design §4)'],
    ['design.md', 'words as in design.md'],
    ['shared/protocol.md', 'in ../shared/protocol.md'],
  ])('%s is found to be wrong', (what, planted) => {
    expect(wrongCitations(planted, CITED)).toEqual([what]);
  });

  it('is right as it is meant', () => {
    const right = 'rules 10 to 12, protocol §2 and §6, invariant 5, ADR 11, protocol, "Order of writes"; RFC 9110 §14';
    expect(wrongCitations(right, CITED)).toEqual([]);
  });
});

describe('links of the docs', () => {
  const pages = FILES.filter((path) => /^(docs\/.*|[A-Z]+)\.md$/.test(path));

  it('lead to what is there, and to what they name', () => {
    expect(pages).toContain('README.md');
    expect(pages).toContain('docs/protocol.md');
    expect(pages.flatMap((path) => wrongLinks(path, TREE.read(path), TREE).map((what) => `${path}: ${what}`))).toEqual(
      [],
    );
  });

  it.each([
    ['a file that is not there', '[words](words.md)'],
    ['a file by reference', '[`decide`][gone]\n\n[gone]: ../lib/gone.ts'],
    ['a reference that is defined nowhere', '[`decide`][nowhere]'],
    ['a heading that is not there', '[one](protocol.md#rule-99)'],
    ['a function that is not there', '[`decideAll`](../lib/transfer/decide/decide.ts)'],
    ['a function that is only called there', '[`decidePieces`](../lib/transfer/decide/decide.ts)'],
    ['a fault that is not there', '["nothing is checked"](../test/simulation/mutations/mutations.ts)'],
    ['another file than it names', '[`settle.ts`](../lib/transfer/decide/decide.ts)'],
  ])('%s is found', (_, planted) => {
    expect(wrongLinks('docs/planted.md', planted, TREE).length).toBeGreaterThan(0);
  });

  it('that are right are let be', () => {
    const right =
      '[`decide`](../lib/transfer/decide/decide.ts), [words](glossary.md), [rule](protocol.md#6-orphans), [out](https://example.com/x)';
    expect(wrongLinks('docs/planted.md', right, TREE)).toEqual([]);
  });
});
