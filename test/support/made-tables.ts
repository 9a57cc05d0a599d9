import { readFileSync, writeFileSync } from 'node:fs';

/** Tables of a document that a program makes: each stands between two comments with its name. */
export class MadeTables {
  readonly #docs: URL;
  readonly #maker: string;

  /**
   * @param docs such as `docs/cli.md`, from the root of the project
   * @param maker the script that writes them anew
   */
  constructor(docs: string, maker: string) {
    this.#docs = new URL(`../../${docs}`, import.meta.url);
    this.#maker = maker;
  }

  get text(): string {
    return readFileSync(this.#docs, 'utf8');
  }

  /** As they stand in the document, by name. */
  read(): Readonly<Record<string, string>> {
    const found = this.text.matchAll(/<!-- (\w+): begin[^>]*-->\n([\s\S]*?)<!-- \1: end -->/g);
    return Object.fromEntries([...found].map(([, name = '', table = '']) => [name, table.trim()]));
  }

  /** @throws Error where the document has no place for one. */
  write(tables: Readonly<Record<string, string>>): void {
    let { text } = this;
    for (const [name, rows] of Object.entries(tables)) {
      const place = new RegExp(`<!-- ${name}: begin[^>]*-->\\n[\\s\\S]*?<!-- ${name}: end -->`);
      if (!place.test(text)) throw new Error(`${this.#docs.pathname} has no place for the table ${name}`);
      text = text.replace(
        place,
        () => `<!-- ${name}: begin (made by ${this.#maker}) -->\n\n${rows}\n\n<!-- ${name}: end -->`,
      );
    }
    writeFileSync(this.#docs, text);
  }
}

/** A Markdown table as it is before a formatter pads its cells. */
export function unpadded(markdown: string): string {
  return markdown
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(/ +(?=\|)/g, ' ')
        .replace(/(?<=\|) +/g, ' ')
        .replace(/-{3,}/g, '---'),
    )
    .join('\n');
}
