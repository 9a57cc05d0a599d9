import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { FORMS } from '../../cdk/context/table.ts';
import { MadeTables, unpadded } from './made-tables.ts';

// The table of props in docs/deploy.md, made from the construct's own types and from the forms of the context.
// `node test/support/prop-rows.ts` writes it anew (then format the file); a test says when that is needed.

const DOCS = new MadeTables('docs/deploy.md', 'test/support/prop-rows.ts');
const PROPS = new URL('../../cdk/props/props.ts', import.meta.url);

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
  return unpadded(DOCS.read()['props'] ?? '');
}

if (import.meta.main) DOCS.write({ props: propRows() });
