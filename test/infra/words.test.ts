import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

// One word, one meaning (docs/glossary.md), and comments that fit a screen. Checked are comments, identifiers and the
// names of files; sentences for users are held by their own tests.

const ROOT = join(import.meta.dirname, '..', '..');
const MAX_COLUMNS = 120;

interface Ban {
  readonly word: RegExp;
  /** What to write in its place. */
  readonly instead: string;
}

/** Each takes any form of the word, as a word of its own in a text or within a name. */
const ANYWHERE: readonly Ban[] = [
  { word: /^told$/, instead: 'given, sent, reported or announced' },
  { word: /^wish(es|ed)?$/, instead: 'options, request or preference' },
  { word: /^deaf$/, instead: 'silent: it does not answer' },
  { word: /^bays?$/, instead: 'spare buffer' },
  { word: /^hindrances?$/, instead: 'the reason why not' },
  { word: /^(bury|buried|buries)$/, instead: 'give up, with a tombstone' },
  { word: /^(whoever|nobody|somebody|anybody)$/, instead: 'the noun: the caller, the reader, no process, another one' },
];
/** A good word in a sentence ("this tells one version from another"), and no name for what a function does. */
const IN_NAMES: readonly Ban[] = [{ word: /^tells?$/, instead: 'send, emit, report or write' }];

describe('comments and names', () => {
  const files = codeFiles(ROOT);

  test('of this repository are short and plain', () => {
    expect(files.length).toBeGreaterThan(300);
    const faults = files.flatMap((file) => faultsOf(file, readFileSync(join(ROOT, file), 'utf8')));
    expect(faults).toEqual([]);
  });
});

test.each([
  ['a long line comment', `// ${'a'.repeat(MAX_COLUMNS)}`, 1],
  ['a long line within a longer comment', `/**\n * ${'a '.repeat(MAX_COLUMNS)}\n */`, 2],
  ['a long comment after code', `export const a = 1; // ${'a '.repeat(60)}`, 1],
  ['a word in a comment', 'export const a = 1;\n// Whoever reads is told why.', 2],
  ['a word in a capital letter', '/** Nobody asks. */', 1],
  ['a word in the name of a function', 'export function changedWishes() {}', 1],
  ['a word in the name of a method', 'export class A {\n  #tellAll() {}\n}', 2],
  ['a word in the name of a constant', 'export const BAY_BYTES = 1;', 1],
])('%s is found', (_, text, line) => {
  expect(faultsOf('planted.ts', text)).toEqual(
    expect.arrayContaining([expect.stringContaining(`planted.ts:${line}: `)]),
  );
});

test('a word in the name of a file is found', () => {
  expect(faultsOf('lib/aws/told.ts', '')).toHaveLength(1);
});

test.each([
  ['what only looks like a comment', `export const a = '// ${'a'.repeat(MAX_COLUMNS)} nobody';`],
  ['a sentence for users', "export const a = 'nobody is told';"],
  ['code and a comment that just fit', `// ${'a'.repeat(MAX_COLUMNS - 3)}`],
  ['a word that only contains another', 'export const swished = 1; // a bayonet in Bombay'],
  ['the verb in a sentence', '// This tells one version from another.'],
])('%s is no fault', (_, text) => {
  expect(faultsOf('planted.ts', text)).toEqual([]);
});

/** Files of ours with code in them, by path. */
function codeFiles(root: string): readonly string[] {
  const skipped = new Set(['node_modules', 'dist', 'cdk.out', 'coverage']);
  const found: string[] = [];
  function look(folder: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name) && !entry.name.startsWith('.')) look(path);
      } else if (/\.[cm]?[jt]s$/.test(entry.name)) found.push(relative(root, path).split(sep).join('/'));
    }
  }
  look(root);
  return found.sort();
}

function faultsOf(file: string, text: string): readonly string[] {
  const faults = namesIn(file).flatMap(({ ban, word }) => `${file}: the name has "${word}"; say ${ban.instead}`);
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const at = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const lines = text.split('\n');
  for (const { pos, end } of commentsOf(source)) {
    for (let line = at(pos); line <= at(end); line += 1) {
      const columns = lines[line]?.length ?? 0;
      if (columns > MAX_COLUMNS) faults.push(`${file}:${line + 1}: a comment of ${columns} columns`);
    }
    for (const match of text.slice(pos, end).matchAll(/[a-z]+/gi)) {
      const ban = ANYWHERE.find(({ word }) => word.test(match[0].toLowerCase()));
      if (ban !== undefined) faults.push(`${file}:${at(pos + match.index) + 1}: "${match[0]}"; say ${ban.instead}`);
    }
  }
  for (const name of identifiersOf(source)) {
    for (const { ban, word } of namesIn(name.text))
      faults.push(`${file}:${at(name.getStart(source)) + 1}: ${name.text} has "${word}"; say ${ban.instead}`);
  }
  return faults;
}

/** The words of `camelCase`, `CONSTANT_CASE` and `kebab-case` that are banned. */
function namesIn(name: string): readonly { readonly ban: Ban; readonly word: string }[] {
  const words = name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return words.flatMap((word) => {
    const ban = [...ANYWHERE, ...IN_NAMES].find(({ word: banned }) => banned.test(word.toLowerCase()));
    return ban === undefined ? [] : { ban, word };
  });
}

function commentsOf(source: ts.SourceFile): readonly ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>();
  each(
    source,
    (node) => {
      const ranges = [
        ...(ts.getLeadingCommentRanges(source.text, node.pos) ?? []),
        ...(ts.getTrailingCommentRanges(source.text, node.end) ?? []),
      ];
      for (const range of ranges) found.set(range.pos, range);
    },
    source,
  );
  return [...found.values()];
}

function identifiersOf(source: ts.SourceFile): readonly (ts.Identifier | ts.PrivateIdentifier)[] {
  const found: (ts.Identifier | ts.PrivateIdentifier)[] = [];
  each(
    source,
    (node) => {
      if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) found.push(node);
    },
    source,
  );
  return found;
}

/** Every node and token, without those of JSDoc: a comment is looked at as a text. */
function each(node: ts.Node, visit: (node: ts.Node) => void, source: ts.SourceFile): void {
  if (ts.isJSDoc(node)) return;
  visit(node);
  for (const child of node.getChildren(source)) each(child, visit, source);
}
