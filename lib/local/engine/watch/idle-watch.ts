import type { Instant } from '../../../values/time.ts';

const FIRST_LOOK_MS = 1_000;
/** For a store whose ledger never shows what it was given: its source is not to be asked all the time. */
const LAST_LOOK_MS = 60_000;

/**
 * No tick comes by on one machine, and none has to: when no message of a transfer waits or is worked on, nothing of it
 * is in flight. So one that is not at its end then would wait until its deadline, as where its upload was aborted from
 * outside and a part on its way brought it back, with that part alone.
 */
export class IdleWatch {
  readonly #isIdle: () => boolean;
  #idleSince: Instant | undefined;
  #waitMs = FIRST_LOOK_MS;

  constructor(isIdle: () => boolean) {
    this.#isIdle = isIdle;
  }

  /** To be asked now and then while the transfer is not at its end. `true` = it has been idle for long enough. */
  isDue(now: Instant): boolean {
    if (!this.#isIdle()) {
      this.#idleSince = undefined;
      return false;
    }
    this.#idleSince ??= now;
    if (now - this.#idleSince < this.#waitMs) return false;
    this.#idleSince = undefined;
    this.#waitMs = Math.min(LAST_LOOK_MS, 2 * this.#waitMs);
    return true;
  }
}
