import { invalidList } from './invalid-list.ts';

/** Characters without an element; a parser of markup keeps them until one comes. */
const MOST = 1024 * 1024;

/** Bounds what a parser of markup keeps: text that goes on and on without an element is no list. */
export class Progress {
  #since = 0;

  /** An element began or ended. */
  made(): void {
    this.#since = 0;
  }

  /** @throws PieceworkError `InvalidList` */
  pushed(text: string): void {
    this.#since += text.length;
    if (this.#since > MOST) throw invalidList(`has more than ${MOST} characters without an element, as no list has`);
  }
}
