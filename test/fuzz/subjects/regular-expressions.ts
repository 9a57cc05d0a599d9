import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import ts from 'typescript';
import { subject } from '../subject.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** So long that one that goes back at every character would take minutes. */
const CHARACTERS = 200_000;

/** Not linear, and only asked about what is short or was looked at before. */
const BOUNDED: Readonly<Record<string, string>> = {
  '[a-z0-9+.-]*$': 'errors/redact.ts: the 32 characters before ://',
  '[:;,.)"\']*$': 'errors/secret-url-path.ts: the last 8 characters of a word',
  '(\\d+(?:\\.\\d+)?)(ms|s|m|h|d)': 'values/units.ts: of a text that is a duration as a whole',
  '=+$': 'sources/sftp/known-hosts.ts: the base64 of a SHA-256',
};

/** Every other one in the code that is shipped; what it reads was written by someone else or may be one day. */
const FOUND = ['lib', 'cli', 'functions']
  .flatMap((folder) => expressionsIn(join(ROOT, folder)))
  .filter(({ source }) => !Object.hasOwn(BOUNDED, source));

export const REGULAR_EXPRESSIONS = subject({
  name: 'regular-expressions',
  weight: 0.8,
  inputs: fc.constantFrom(...FOUND).chain((expression) => {
    const letters = fc.constantFrom(...lettersOf(expression));
    const some = (maxLength: number) => fc.array(letters, { minLength: 1, maxLength }).map((of) => of.join(''));
    return fc.record({
      expression: fc.constant(expression),
      before: fc.oneof(fc.constant(''), some(8)),
      pump: some(3),
      after: fc.oneof(fc.constant('\0'), some(3)),
    });
  }),
  begin:
    () =>
    ({ expression, before, pump, after }) => {
      const text = `${before}${pump.repeat(Math.ceil(CHARACTERS / pump.length))}${after}`;
      const { source, flags } = expression;
      new RegExp(source, flags).exec(text);
      if (flags.includes('g')) text.replace(new RegExp(source, flags), '');
    },
});

function expressionsIn(folder: string): readonly RegExp[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
      const found: RegExp[] = [];
      const look = (node: ts.Node): void => {
        if (ts.isRegularExpressionLiteral(node)) {
          const end = node.text.lastIndexOf('/');
          found.push(new RegExp(node.text.slice(1, end), node.text.slice(end + 1)));
        }
        ts.forEachChild(node, look);
      };
      look(source);
      return found;
    });
}

/** Characters that it speaks of, and a few of each class. */
function lettersOf({ source }: RegExp): readonly string[] {
  return [...new Set([...source.replace(/\\[dDwWsSbBnrtx]/g, ''), ...'a0 \n.-/:"'])];
}
