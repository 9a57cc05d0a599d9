/** What the pages have that code, tests and docs may cite. */
export interface Cited {
  readonly rules: ReadonlySet<number>;
  readonly invariants: ReadonlySet<number>;
  /** Numbered sections of the protocol. */
  readonly sections: ReadonlySet<number>;
  readonly decisions: ReadonlySet<number>;
  /** Headings by page, without their numbers. */
  readonly headings: Readonly<Record<'protocol' | 'architecture', ReadonlySet<string>>>;
}

export function citedOf(protocol: string, architecture: string, decisionFiles: readonly string[]): Cited {
  return {
    rules: numbers(protocol, /^### Rule (\d+): /gm),
    invariants: numbers(sectionOf(architecture, 'The invariants'), /^(\d+)\. \*\*/gm),
    sections: numbers(protocol, /^## (\d+)\. /gm),
    decisions: numbers(decisionFiles.join('\n'), /^(\d{4})-/gm),
    headings: { protocol: headingsOf(protocol), architecture: headingsOf(architecture) },
  };
}

const LIST = String.raw`(\d+(?:(?:, | and | to | or )\d+)*)`;
const SECTIONS = /\bprotocol,? (§\d+(?:(?:, | and )§\d+)*)/gi;

/** What a text cites that is not there, and what it cites of texts that are none of ours. */
export function wrongCitations(text: string, cited: Cited): readonly string[] {
  const wrong = (kind: string, found: Iterable<number>, known: ReadonlySet<number>) =>
    [...found].filter((number) => !known.has(number)).map((number) => `${kind} ${number}`);
  const headings = [...text.matchAll(/\b(protocol|architecture), "([^"\n]+)"/gi)].filter(
    ([, page = '', heading = '']) => !cited.headings[page.toLowerCase() as 'protocol'].has(heading),
  );
  return [
    ...wrong('rule', rulesIn(text), cited.rules),
    ...wrong('invariant', listed(text, new RegExp(`\\binvariants? ${LIST}`, 'gi')), cited.invariants),
    ...wrong('protocol §', listed(text, SECTIONS), cited.sections),
    ...wrong('decision', listed(text, new RegExp(`\\b(?:ADRs?|decisions?) ${LIST}`, 'g')), cited.decisions),
    ...headings.map(([citation]) => citation),
    ...[...text.matchAll(/\bdesign,? (?:§|")|\bdesign\.md\b|\bshared\/[\w-]+\.md\b/g)].map(([citation]) => citation),
  ];
}

export function rulesIn(text: string): ReadonlySet<number> {
  return listed(text, new RegExp(`\\brules? ${LIST}`, 'gi'));
}

/** What links are held against. */
export interface Tree {
  exists(path: string): boolean;
  read(path: string): string;
}

/**
 * Relative links of a page that lead nowhere, to a heading that is not there, or to a file without what the
 * link's text names: a `name` must be declared in its TypeScript file, a "text" must stand in it, a `file.ts`
 * must be what the link leads to.
 */
export function wrongLinks(path: string, page: string, tree: Tree): readonly string[] {
  const text = page.replace(/^```.*?^```/gms, '');
  const folder = path.split('/').slice(0, -1);
  return [...linksOf(text)].flatMap(({ label, target }) => {
    if (target === undefined) return [`[${label}] is defined nowhere`];
    if (/^[a-z]+:/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const to = file === '' ? path : resolve(folder, file);
    if (!tree.exists(to)) return [`[${label}](${target}): there is no ${to}`];
    if (anchor !== undefined && to.endsWith('.md') && !anchorsOf(tree.read(to)).has(anchor))
      return [`[${label}](${target}): ${to} has no such heading`];
    return to.endsWith('.ts') && !isThere(label, to, tree) ? [`[${label}](${target}): ${to} has no ${label}`] : [];
  });
}

interface Link {
  readonly label: string;
  readonly target: string | undefined;
}

function* linksOf(text: string): Generator<Link> {
  const definitions = new Map([...text.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, id, to]) => [id, to]));
  for (const [, label = '', inline, id] of text.matchAll(/\[([^[\]]+)\](?:\(([^()\s]+)\)|\[([^\]]+)\])/g))
    yield { label, target: inline ?? definitions.get(id) };
  for (const [id, to] of definitions) yield { label: id ?? '', target: to };
}

function isThere(label: string, path: string, tree: Tree): boolean {
  const quoted = /^"(.+)"$/.exec(label)?.[1];
  if (quoted !== undefined) return tree.read(path).includes(quoted);
  const code = /^`(.+)`$/.exec(label)?.[1];
  if (code === undefined) return true;
  if (code.endsWith('.ts')) return path.endsWith(code);
  return !/^\w+$/.test(code) || declares(tree.read(path), code);
}

/** A declaration at any depth, or a method. */
function declares(source: string, name: string): boolean {
  return new RegExp(
    `\\b(?:function\\*?|class|interface|type|const) ${name}\\b|^ +(?:(?:async|static|get) )*#?${name}\\(.*[({]$`,
    'm',
  ).test(source);
}

function resolve(folder: readonly string[], relative: string): string {
  const parts = [...folder];
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function headingsOf(page: string): ReadonlySet<string> {
  return new Set([...page.matchAll(/^##+ (?:\d+\. )?(.+)$/gm)].map(([, heading = '']) => heading));
}

function sectionOf(page: string, heading: string): string {
  return page.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';
}

function listed(text: string, pattern: RegExp): ReadonlySet<number> {
  return new Set([...text.matchAll(pattern)].flatMap(([, list = '']) => list.match(/\d+/g) ?? []).map(Number));
}

function numbers(text: string, pattern: RegExp): ReadonlySet<number> {
  return new Set([...text.matchAll(pattern)].map(([, number]) => Number(number)));
}
