import type { Output } from '../../context.ts';

/** The last lines of a terminal, drawn over and over; everything else is printed above them. */
export class LiveArea {
  readonly #output: Output;
  #drawn: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  draw(lines: readonly string[]): void {
    if (lines.join('\n') === this.#drawn.join('\n')) return;
    // One write: a terminal that shows what came between the two would flicker.
    this.#output.write(`${this.#erasure()}${lines.join('\n')}`);
    this.#drawn = lines;
  }

  above(text: string): void {
    this.#output.write(`${this.#erasure()}${text}\n${this.#drawn.join('\n')}`);
  }

  clear(): void {
    const erasure = this.#erasure();
    if (erasure !== '') this.#output.write(erasure);
    this.#drawn = [];
  }

  /**
   * Back to where the area begins, and everything from there away. A window that became narrower has wrapped its lines.
   */
  #erasure(): string {
    if (this.#drawn.length === 0) return '';
    const columns = Math.max(1, this.#output.columns ?? Number.POSITIVE_INFINITY);
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleLength(line) / columns)), 0);
    return `${rows > 1 ? `\u001b[${rows - 1}A` : ''}\r\u001b[0J`;
  }
}

function visibleLength(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
  return line.replace(/\u001b\[[0-9;]*m/g, '').length;
}
