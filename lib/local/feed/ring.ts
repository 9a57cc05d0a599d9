/** One event, as a page gets it. */
export interface FeedEvent {
  readonly type: string;
  /** JSON, on one line. */
  readonly data: string;
}

const MOST_EVENTS = 4_096;
const MOST_CHARACTERS = 8 * 1024 ** 2;

/** The last events, by their number from 1. What is older is gone, so that its size is bounded whatever happens. */
export class EventRing {
  readonly #mostEvents: number;
  readonly #mostCharacters: number;
  readonly #events = new Map<number, FeedEvent>();
  #characters = 0;
  #next = 1;

  constructor(mostEvents = MOST_EVENTS, mostCharacters = MOST_CHARACTERS) {
    this.#mostEvents = mostEvents;
    this.#mostCharacters = mostCharacters;
  }

  /** Number of the event that comes next. */
  get next(): number {
    return this.#next;
  }

  /** From a number on, those that are there; `gone`: one of them is not any more, or never was one. */
  at(number: number): FeedEvent | undefined | 'gone' {
    if (number > this.#next) return 'gone';
    return number === this.#next ? undefined : (this.#events.get(number) ?? 'gone');
  }

  add(event: FeedEvent): void {
    this.#events.set(this.#next, event);
    this.#characters += event.data.length;
    this.#next += 1;
    for (const [number, { data }] of this.#events) {
      if (this.#events.size <= this.#mostEvents && this.#characters <= this.#mostCharacters) return;
      this.#events.delete(number);
      this.#characters -= data.length;
    }
  }

  /** Something was missed: all who were there before begin anew. */
  break(): void {
    this.#events.clear();
    this.#characters = 0;
    this.#next += 1;
  }
}
