import type { DigestAlgorithm, Digests } from '../../transfer/digests.ts';
import { NumberTable } from '../unique/number-table.ts';

const FIRST_ROWS = 256;

/** Digests by names: 15 to 30 bytes a name besides the digest, so that a manifest of millions of files has room. */
export class DigestTable {
  readonly #columns = new Map<DigestAlgorithm, Column>();

  /** Of two digests of one name the first counts. */
  add(name: string, digests: Digests): void {
    for (const [algorithm, hex] of Object.entries(digests) as [DigestAlgorithm, string][]) {
      const column = this.#columns.get(algorithm) ?? new Column(hex.length / 2);
      this.#columns.set(algorithm, column);
      column.add(name, hex);
    }
  }

  of(name: string): Digests {
    const found = [...this.#columns].map(([algorithm, column]) => [algorithm, column.get(name)] as const);
    return Object.fromEntries(found.filter(([, hex]) => hex !== undefined));
  }
}

/** Digests of one length. */
class Column {
  readonly #rows = new NumberTable();
  readonly #length: number;
  #bytes: Buffer;
  #count = 0;

  constructor(length: number) {
    this.#length = length;
    this.#bytes = Buffer.alloc(length * FIRST_ROWS);
  }

  add(name: string, hex: string): void {
    const at = this.#count * this.#length;
    if (this.#rows.add(name, this.#count + 1) !== undefined) return;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(at)]);
    this.#bytes.write(hex, at, 'hex');
    this.#count += 1;
  }

  get(name: string): string | undefined {
    const row = this.#rows.get(name);
    return row === undefined ? undefined : this.#bytes.toString('hex', (row - 1) * this.#length, row * this.#length);
  }
}
