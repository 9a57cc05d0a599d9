/** One value of JSON, put together of what is read of it; no more than a limit of it. */
export class Assembled {
  /** Of the value within its document. */
  readonly depth: number;
  value: unknown;
  isTooLarge = false;
  #length = 0;
  readonly #open: (unknown[] | Record<string, unknown>)[] = [];
  readonly #keys: string[] = [];

  constructor(depth: number) {
    this.depth = depth;
  }

  /** False where it is too large: it is kept no longer. */
  grow(length: number, most: number): boolean {
    this.#length += length;
    if (this.#length > most) {
      this.isTooLarge = true;
      this.value = undefined;
      this.#open.length = 0;
      this.#keys.length = 0;
    }
    return !this.isTooLarge;
  }

  open(isArray: boolean): void {
    if (this.isTooLarge) return;
    const value = isArray ? [] : {};
    this.#put(value);
    this.#open.push(value);
    this.#keys.push('');
  }

  close(): void {
    this.#open.pop();
    this.#keys.pop();
  }

  key(name: string): void {
    if (this.#keys.length > 0) this.#keys[this.#keys.length - 1] = name;
  }

  scalar(value: unknown): void {
    if (!this.isTooLarge) this.#put(value);
  }

  #put(value: unknown): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) this.value = value;
    else if (Array.isArray(parent)) parent.push(value);
    // `__proto__` would be no field.
    else
      Object.defineProperty(parent, this.#keys.at(-1) ?? '', {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
}
