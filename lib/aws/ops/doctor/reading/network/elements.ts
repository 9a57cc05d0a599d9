import { SaxesParser } from 'saxes';

/** An element of XML, as far as answers of EC2 need it. */
export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

/** Of a whole document; what it is wrapped in. @throws Error for what is no XML */
export function elementsOf(xml: string): Element {
  const document: Open = { name: '', children: [], text: '' };
  const open: Open[] = [document];
  const parser = new SaxesParser();
  parser.on('opentag', ({ name }) => {
    const element: Open = { name, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on('closetag', () => void open.pop());
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(xml).close();
  return document;
}

/** The children of a list, which EC2 calls `item`. */
export function itemsOf(element: Element, list: string): readonly Element[] {
  return childOf(element, list)?.children.filter(({ name }) => name === 'item') ?? [];
}

/** The text of a child; '' = it has none such. */
export function fieldOf(element: Element, name: string): string {
  return textOf(childOf(element, name));
}

export function textOf(element: Element | undefined): string {
  return element?.text.trim() ?? '';
}

/** Wherever they stand. */
export function allNamed(element: Element, name: string): readonly Element[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...allNamed(child, name)]);
}

function childOf(element: Element, name: string): Element | undefined {
  return element.children.find((child) => child.name === name);
}
