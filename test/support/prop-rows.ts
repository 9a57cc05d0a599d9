import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';
import { FORMS } from '../../cdk/context/table.ts';
import { unpadded } from './option-rows.ts';

// The table of props in docs/deploy.md, made from the construct's own types and from the forms of the context.
// `node test/support/prop-rows.ts` writes it anew (then format the file); a test says when that is needed.

const DOCS = new URL('../../docs/deploy.md', import.meta.url);
const PROPS = new URL('../../cdk/props/props.ts', import.meta.url);
const BEGIN = '<!-- props: begin (made by test/support/prop-rows.ts) -->\n';
const END = '<!-- props: end -->\n';

export function propRows(): string {
  const file = ts.createSourceFile('props.ts', readFileSync(PROPS, 'utf8'), ts.ScriptTarget.Latest, true);
  const props = file.statements.find(
    (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === 'PieceworkProps',
  );
  if (props === undefined) throw new Error('cdk/props/props.ts has no PieceworkProps');
  const rows = props.members.map((member) => {
    const name = (member.name as ts.Identifier).text as keyof typeof FORMS;
    const [doc] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
    const fallback = doc?.tags?.find(({ tagName }) => tagName.text === 'default')?.comment;
    const cells = [
      `\`${name}\``,
      `\`${FORMS[name].written}\``,
      plain(fallback) || 'must be given',
      plain(doc?.comment),
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| Prop | With `-c` | Default | What it is |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function plain(comment: Parameters<typeof ts.getTextOfJSDocComment>[0]): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').replaceAll(/\s+/g, ' ').trim();
}

/** The table as it stands in the docs, without what the formatter put into it. */
export function documentedProps(): string {
  const { begin, end, text } = place();
  return unpadded(text.slice(begin, end));
}

function place(): { readonly begin: number; readonly end: number; readonly text: string } {
  const text = readFileSync(DOCS, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('docs/deploy.md has no place for the table of props');
  return { begin: begin + BEGIN.length, end, text };
}

if (import.meta.main) {
  const { begin, end, text } = place();
  writeFileSync(DOCS, `${text.slice(0, begin)}\n${propRows()}\n\n${text.slice(end)}`);
}
