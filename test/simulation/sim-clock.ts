/** What will happen, by time; first come first served among equals. Time passes only from event to event. */
export class Timeline {
  now: number;
  readonly #heap: Entry[] = [];
  #count = 0;

  constructor(start: number) {
    this.now = start;
  }

  after(delayMs: number, happen: () => void): void {
    const entry: Entry = { at: this.now + Math.max(0, Math.ceil(delayMs)), order: this.#count, happen };
    this.#count += 1;
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  get length(): number {
    return this.#heap.length;
  }

  /** Goes to the next event and lets it happen; false when nothing will happen any more. */
  step(): boolean {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return false;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    this.now = first.at;
    first.happen();
    return true;
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #sink(): void {
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (first === undefined || second === undefined) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  #swapIfBefore(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    if (first === undefined || second === undefined || !this.#isBefore(a, b)) return false;
    this.#heap[a] = second;
    this.#heap[b] = first;
    return true;
  }
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}
