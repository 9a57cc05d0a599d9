import type { Instant } from '../../values/time.ts';

const SAMPLE_EVERY_MS = 250;
const SPAN_MS = 5_000;

/** How fast something grows, over the last seconds. */
export class RecentRate {
  #samples: { readonly at: Instant; readonly bytes: number }[] = [];

  begin(bytes: number, now: Instant): void {
    this.#samples = [{ at: now, bytes }];
  }

  add(bytes: number, now: Instant): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && now >= last.at && now - last.at < SAMPLE_EVERY_MS) return;
    this.#samples.push({ at: now, bytes });
    this.#forget(now);
  }

  /** 0 while nothing comes. */
  perSecond(bytes: number, now: Instant): number {
    this.#forget(now);
    const [first] = this.#samples;
    if (first === undefined || now <= first.at) return 0;
    const begin = Math.max(first.at, now - SPAN_MS);
    return now === begin ? 0 : (Math.max(0, bytes - first.bytes) * 1000) / (now - begin);
  }

  /** One from before the span stays, so that the speed is always one over the whole of it. */
  #forget(now: Instant): void {
    while (this.#samples.length > 1 && now - (this.#samples[1]?.at ?? now) >= SPAN_MS) this.#samples.shift();
  }
}

/** How much of what was measured before counts beside each new piece. */
const KEPT = 0.9;

/** How fast one connection is, over the pieces that came last: a large one counts more than a small one. */
export class ConnectionRate {
  #bytes = 0;
  #ms = 0;

  add(bytes: number, elapsedMs: number): void {
    this.#bytes = this.#bytes * KEPT + bytes;
    this.#ms = this.#ms * KEPT + Math.max(1, elapsedMs);
  }

  /** Whole bytes; `undefined` = nothing has come yet. */
  get perSecond(): number | undefined {
    return this.#bytes === 0 ? undefined : Math.max(1, Math.round((this.#bytes * 1000) / this.#ms));
  }
}
