import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

// One word, one meaning (docs/glossary.md), and comments that fit a screen. Checked are comments, identifiers, the
// names of files, the sentences of what is shipped, and the documents.

const ROOT = join(import.meta.dirname, '..', '..');
const MAX_COLUMNS = 120;
/** Their texts are read by users. */
const SHIPPED = /^(lib|cli|cdk|functions)\//;

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
  {
    word: /^(whoever|nobody|somebody|anybody|everybody)$/,
    instead: 'the noun: the caller, the reader, no process, another one',
  },
];
/** A good word in a sentence ("this tells one version from another"), and no name for what a function does. */
const IN_NAMES: readonly Ban[] = [{ word: /^tells?$/, instead: 'send, emit, report or write' }];

describe('comments and names', () => {
  const files = filesOf(ROOT, /\.[cm]?[jt]s$/);

  test('of this repository are short and plain', () => {
    expect(files.length).toBeGreaterThan(300);
    const faults = files.flatMap((file) => faultsOf(file, readFileSync(join(ROOT, file), 'utf8')));
    expect(faults).toEqual([]);
  });
});

test('documents are plain', () => {
  const files = filesOf(ROOT, /\.md$/);
  expect(files.length).toBeGreaterThan(30);
  const faults = files.flatMap((file) => bannedIn(file, 1, readFileSync(join(ROOT, file), 'utf8')));
  expect(faults).toEqual([]);
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

test.each(["export const a = 'nobody is there';", 'export const a = `of somebody`;'])(
  'a word in a sentence for users is found: %s',
  (text) => {
    expect(faultsOf('cli/planted.ts', text)).toEqual([expect.stringContaining('cli/planted.ts:1: ')]);
  },
);

test.each([
  ['what only looks like a comment', `export const a = '// ${'a'.repeat(MAX_COLUMNS)} nobody';`],
  ['a text of a test', "export const a = 'nobody is told';"],
  ['code and a comment that just fit', `// ${'a'.repeat(MAX_COLUMNS - 3)}`],
  ['a word that only contains another', 'export const swished = 1; // a bayonet in Bombay'],
  ['the verb in a sentence', '// This tells one version from another.'],
])('%s is no fault', (_, text) => {
  expect(faultsOf('planted.ts', text)).toEqual([]);
});

/** Files of ours, by path. */
function filesOf(root: string, name: RegExp): readonly string[] {
  const skipped = new Set(['node_modules', 'dist', 'cdk.out', 'coverage']);
  const found: string[] = [];
  function look(folder: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name) && !entry.name.startsWith('.')) look(path);
      } else if (name.test(entry.name)) found.push(relative(root, path).split(sep).join('/'));
    }
  }
  look(root);
  return found.sort();
}

function faultsOf(file: string, text: string): readonly string[] {
  const faults = namesIn(file).flatMap(({ ban, word }) => `${file}: the name has "${word}"; say ${ban.instead}`);
  // A comment is looked at as a text, so that nothing in it is parsed.
  const options = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  const source = ts.createSourceFile(file, text, options);
  const { comments, texts, names } = lookInto(source);
  const at = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const lines = text.split('\n');
  for (const { pos, end } of comments) {
    for (let line = at(pos); line <= at(end); line += 1) {
      const columns = lines[line]?.length ?? 0;
      if (columns > MAX_COLUMNS) faults.push(`${file}:${line + 1}: a comment of ${columns} columns`);
    }
    faults.push(...bannedIn(file, at(pos) + 1, text.slice(pos, end)));
  }
  if (SHIPPED.test(file)) {
    for (const part of texts) faults.push(...bannedIn(file, at(part.getStart(source)) + 1, part.text));
  }
  for (const name of names) {
    for (const { ban, word } of namesIn(name.text))
      faults.push(`${file}:${at(name.getStart(source)) + 1}: ${name.text} has "${word}"; say ${ban.instead}`);
  }
  return faults;
}

/** Words that are banned in a text that begins at this line. */
function bannedIn(file: string, firstLine: number, text: string): readonly string[] {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/[a-z]+/gi)].flatMap(([word]) => {
      const ban = ANYWHERE.find(({ word: banned }) => banned.test(word.toLowerCase()));
      return ban === undefined ? [] : [`${file}:${firstLine + index}: "${word}"; say ${ban.instead}`];
    }),
  );
}

/** The words of `camelCase`, `CONSTANT_CASE` and `kebab-case` that are banned. */
function namesIn(name: string): readonly { readonly ban: Ban; readonly word: string }[] {
  const words = name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return words.flatMap((word) => {
    const ban = [...ANYWHERE, ...IN_NAMES].find(({ word: banned }) => banned.test(word.toLowerCase()));
    return ban === undefined ? [] : { ban, word };
  });
}

interface Found {
  readonly comments: readonly ts.CommentRange[];
  /** Literals, and what stands in templates between the expressions. */
  readonly texts: readonly ts.LiteralLikeNode[];
  readonly names: readonly (ts.Identifier | ts.PrivateIdentifier)[];
}

function lookInto(source: ts.SourceFile): Found {
  const comments = new Map<number, ts.CommentRange>();
  const texts: ts.LiteralLikeNode[] = [];
  const names: (ts.Identifier | ts.PrivateIdentifier)[] = [];
  function look(node: ts.Node): void {
    if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) texts.push(node);
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.push(node);
    const children = node.getChildren(source);
    for (const child of children) look(child);
    // Comments lie between tokens.
    if (children.length > 0) return;
    for (const range of ts.getLeadingCommentRanges(source.text, node.pos) ?? []) comments.set(range.pos, range);
    for (const range of ts.getTrailingCommentRanges(source.text, node.end) ?? []) comments.set(range.pos, range);
  }
  look(source);
  return { comments: [...comments.values()], texts, names };
}
