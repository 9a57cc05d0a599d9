import { hash64 } from './hash64.ts';

const FIRST_SLOTS = 1024;
/** Of all slots, so many may be taken: more, and a search takes long. */
const MOST_TAKEN = 0.8;

/**
 * Numbers (from 1) by texts, of which only 64 bits of a hash are kept: 12 bytes a slot, 15 to 30 an entry. Two of ten
 * million different texts are taken for one with a chance of three in a million.
 */
export class NumberTable {
  #low = new Uint32Array(FIRST_SLOTS);
  #high = new Uint32Array(FIRST_SLOTS);
  #numbers = new Uint32Array(FIRST_SLOTS);
  #taken = 0;

  /** What the text had before; `undefined`: nothing, and now it has this number. */
  add(text: string, number: number): number | undefined {
    if (this.#taken >= this.#numbers.length * MOST_TAKEN) this.#grow();
    const [low, high] = hash64(text);
    const slot = this.#slotOf(low, high);
    const before = this.#numbers[slot] ?? 0;
    if (before !== 0) return before;
    this.#put(slot, low, high, number);
    this.#taken += 1;
    return undefined;
  }

  get(text: string): number | undefined {
    const number = this.#numbers[this.#slotOf(...hash64(text))] ?? 0;
    return number === 0 ? undefined : number;
  }

  /** Of a text that has one. */
  change(text: string, number: number): void {
    this.#numbers[this.#slotOf(...hash64(text))] = number;
  }

  #put(slot: number, low: number, high: number, number: number): void {
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#numbers[slot] = number;
  }

  /** Where it is, or where it belongs. */
  #slotOf(low: number, high: number): number {
    const mask = this.#numbers.length - 1;
    let slot = low & mask;
    while (this.#numbers[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [low, high, numbers] = [this.#low, this.#high, this.#numbers];
    const slots = numbers.length * 2;
    this.#low = new Uint32Array(slots);
    this.#high = new Uint32Array(slots);
    this.#numbers = new Uint32Array(slots);
    for (const [index, number] of numbers.entries()) {
      if (number === 0) continue;
      const [a, b] = [low[index] ?? 0, high[index] ?? 0];
      this.#put(this.#slotOf(a, b), a, b, number);
    }
  }
}
