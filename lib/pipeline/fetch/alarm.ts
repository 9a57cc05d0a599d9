import type { Clock } from '../../values/time.ts';

/** Goes off once after each time that it is set; a new setting replaces the one before. */
export class Alarm {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #onTime: () => void;
  #settings = 0;
  #isTime = false;

  /** @param signal no alarm goes off after its abort. */
  constructor(clock: Clock, signal: AbortSignal, onTime: () => void) {
    this.#clock = clock;
    this.#signal = signal;
    this.#onTime = onTime;
  }

  /** It has gone off, and was not set again since. */
  get isTime(): boolean {
    return this.#isTime;
  }

  set(ms: number): void {
    this.#isTime = false;
    this.#settings += 1;
    const setting = this.#settings;
    this.#clock.sleep(ms, this.#signal).then(
      () => {
        if (setting !== this.#settings) return;
        this.#isTime = true;
        this.#onTime();
      },
      () => {},
    );
  }
}
