import type { Instant } from '../../values/time.ts';

/** How long a piece's bytes were waited for: altogether, and from the connection that leads. */
export class Waits {
  #beforeMs = 0;
  #leaderBeforeMs = 0;
  /** Of the wait that is under way. */
  #since: Instant | undefined;

  begin(now: Instant): void {
    this.#since = now;
  }

  end(now: Instant): void {
    const ms = this.#underWayMs(now);
    this.#since = undefined;
    this.#beforeMs += ms;
    this.#leaderBeforeMs += ms;
  }

  /** Another connection leads: with the wait that is under way it was waited for since it was asked for. */
  lead(askedAt: Instant): void {
    this.#leaderBeforeMs = (this.#since ?? askedAt) - askedAt;
  }

  totalMs(now: Instant): number {
    return this.#beforeMs + this.#underWayMs(now);
  }

  leaderMs(now: Instant): number {
    return this.#leaderBeforeMs + this.#underWayMs(now);
  }

  #underWayMs(now: Instant): number {
    return now - (this.#since ?? now);
  }
}
