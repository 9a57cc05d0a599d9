/** Ids in order, found and changed in the time of a search and not of a walk. */
export class SortedIds {
  readonly #ids: string[];

  constructor(ids: readonly string[] = []) {
    this.#ids = [...ids].sort();
  }

  get size(): number {
    return this.#ids.length;
  }

  add(id: string): void {
    const index = this.#indexOf(id);
    if (this.#ids[index] === id) return;
    if (index === this.#ids.length) this.#ids.push(id);
    else this.#ids.splice(index, 0, id);
  }

  delete(id: string): void {
    const index = this.#indexOf(id);
    if (this.#ids[index] === id) this.#ids.splice(index, 1);
  }

  /** Up to `most` of those below it, the newest first. */
  below(before: string | undefined, most: number): readonly string[] {
    const end = before === undefined ? this.#ids.length : this.#indexOf(before);
    return this.#ids.slice(Math.max(0, end - most), end).reverse();
  }

  /** Of the first that is not below it. */
  #indexOf(id: string): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] ?? '') < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
