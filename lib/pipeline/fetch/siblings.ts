import type { Pace, StragglerRule, Workload } from '../../transfer/straggler.ts';
import { judge, mayRescue } from '../../transfer/straggler.ts';
import type { Instant } from '../../values/time.ts';

/** Durations that the median is made of: enough to be steady, few enough to follow a source that changes. */
const REMEMBERED = 33;

/**
 * What one worker knows of the pieces of one plan that it has fetched and is fetching: what the rule of
 * `straggler.ts` is held against.
 */
export class Siblings {
  readonly rule: StragglerRule;
  readonly #pieceSizeBytes: number;
  readonly #finishedMs: number[] = [];
  #inFlight = 0;
  #rescuing = 0;
  #fetchedBytes = 0;
  #extraBytes = 0;
  #reservedBytes = 0;
  #refusedUntil: Instant = 0;

  constructor(rule: StragglerRule, pieceSizeBytes: number) {
    this.rule = rule;
    this.#pieceSizeBytes = pieceSizeBytes;
  }

  began(): void {
    this.#inFlight += 1;
  }

  /** `came`: when all of it did, its bytes and how long they were waited for. */
  ended(came?: { readonly bytes: number; readonly waitedMs: number }): void {
    this.#inFlight -= 1;
    if (came === undefined) return;
    this.#fetchedBytes += came.bytes;
    this.#finishedMs.push(came.waitedMs);
    if (this.#finishedMs.length > REMEMBERED) this.#finishedMs.shift();
  }

  judge(pace: Pace): ReturnType<typeof judge> {
    return judge(pace, this.#finishedMs, this.rule);
  }

  mayRescue(restBytes: number, now: Instant): boolean {
    return now >= this.#refusedUntil && mayRescue(this.#load(), restBytes, this.rule);
  }

  #load(): Workload {
    return {
      inFlight: this.#inFlight,
      rescuing: this.#rescuing,
      fetchedBytes: this.#fetchedBytes,
      extraBytes: this.#extraBytes + this.#reservedBytes,
      pieceSizeBytes: this.#pieceSizeBytes,
    };
  }

  rescueBegan(restBytes: number): void {
    this.#rescuing += 1;
    this.#reservedBytes += restBytes;
  }

  /** One of the two connections is closed: `extraBytes` is what both had brought. */
  rescueEnded(restBytes: number, extraBytes: number): void {
    this.#rescuing -= 1;
    this.#reservedBytes -= restBytes;
    this.#extraBytes += extraBytes;
  }

  refused(now: Instant): void {
    this.#refusedUntil = now + this.rule.refusedPauseMs;
  }
}
