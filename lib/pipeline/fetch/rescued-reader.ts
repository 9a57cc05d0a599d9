import { asPieceworkError } from '../../errors/error.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { ByteRange } from '../../values/ranges.ts';
import { rangeLength } from '../../values/ranges.ts';
import type { Clock, Instant } from '../../values/time.ts';
import type { OpenRange } from '../shared/bodies/continued-reader.ts';
import { Alarm } from './alarm.ts';
import type { News } from './challenger.ts';
import { Challenger } from './challenger.ts';
import { Lane } from './lane.ts';
import type { Siblings } from './siblings.ts';
import { Waits } from './waits.ts';

export interface RescuedReaderOptions {
  readonly range: ByteRange;
  /** The range on a connection of its own, its answer checked. */
  readonly open: OpenRange;
  /** The same for a rescue, which may be refused: the piece goes on without it. */
  readonly openAgain: OpenRange;
  readonly siblings: Siblings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onRescue: (rescue: { readonly restBytes: number; readonly afterMs: number }) => Promise<void>;
}

const OVERTAKEN = Symbol('overtaken');

/**
 * A piece's body, rescued when it turns out to be a straggler (`transfer/straggler.ts`). The rescue asks on another
 * connection for what is still lacking, and follows what the slow one delivers, throwing away what is known already. As
 * soon as it is ahead it takes over, and the slow connection is closed; if the slow one comes to the end before, the
 * rescue is closed. So the piece is always as far as the faster of the two, the one that loses has never touched the
 * destination, and nothing is kept but one small chunk.
 *
 * A rescue that fails changes nothing. Each of the two answers is checked as any range's is (architecture, "Distrusting
 * a range"): both are of the snapshot's version.
 */
export async function openRescued(options: RescuedReaderOptions): Promise<ByteReader> {
  const reader = new RescuedReader(options);
  try {
    await reader.opened();
    return reader;
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    throw error;
  }
}

class RescuedReader implements ByteReader {
  readonly #options: RescuedReaderOptions;
  readonly #over = new AbortController();
  #leader: Lane;
  readonly #waits = new Waits();
  #challenger: Challenger | undefined;
  /** Of a challenger that took over. */
  #surplus: Uint8Array = new Uint8Array(0);
  #hasEnded = false;
  /** Next byte to give out. */
  #at: number;
  #rescues = 0;
  /** When to look at the pace again. */
  readonly #alarm: Alarm;
  /**
   * Of the race that is under way. One at a time, and forgotten with it: a promise that many races waited for would
   * keep each of them.
   */
  #wake: () => void = () => {};

  constructor(options: RescuedReaderOptions) {
    const { range, open, siblings, clock, signal } = options;
    this.#options = options;
    this.#at = range.start;
    this.#leader = new Lane(open, range, signal, clock.now());
    this.#alarm = new Alarm(clock, this.#over.signal, () => this.#wake());
    this.#alarm.set(siblings.rule.floorMs);
    siblings.began();
  }

  async opened(): Promise<void> {
    await this.#race(this.#leader.opened);
  }

  async read(into: Uint8Array): Promise<number> {
    for (;;) {
      if (this.#surplus.length > 0) {
        const given = this.#surplus.subarray(0, into.length);
        into.set(given);
        this.#surplus = this.#surplus.subarray(given.length);
        this.#at += given.length;
        return given.length;
      }
      if (this.#hasEnded) return 0;
      const got = await this.#race(this.#leader.read(into));
      if (got === OVERTAKEN) continue;
      this.#at += got;
      return got;
    }
  }

  /** The leader's next step, unless the challenger comes first. */
  async #race<T>(step: Promise<T>): Promise<T | typeof OVERTAKEN> {
    const { clock } = this.#options;
    this.#waits.begin(clock.now());
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
    step.then(
      (value) => {
        outcome = { value };
        this.#wake();
      },
      (error: unknown) => {
        outcome = { error };
        this.#wake();
      },
    );
    try {
      for (;;) {
        const challenger = this.#challenger;
        if (outcome !== undefined) {
          if ('value' in outcome) return outcome.value;
          if (await this.#survives(outcome.error)) return OVERTAKEN;
          throw outcome.error;
        }
        if (this.#alarm.isTime) {
          await this.#look();
        } else if (challenger?.news !== undefined) {
          if (await this.#hear(challenger, challenger.news)) return OVERTAKEN;
        } else {
          await this.#somethingNew();
        }
      }
    } finally {
      this.#waits.end(clock.now());
    }
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Returns whether it has taken over. */
  async #hear(challenger: Challenger, news: News): Promise<boolean> {
    if (news.kind === 'lost') {
      const { siblings, clock } = this.#options;
      if (asPieceworkError(news.error).reaction === 'wait') siblings.refused(clock.now());
      await this.#drop(challenger);
      return false;
    }
    if (challenger.isAhead) {
      await this.#takeOver(challenger);
      return true;
    }
    challenger.goOn();
    return false;
  }

  /**
   * The leader's connection broke: the challenger goes on in its place, if there is one and the failure is the
   * connection's alone.
   */
  async #survives(error: unknown): Promise<boolean> {
    const { reaction } = asPieceworkError(error);
    if (reaction !== 'retry' && reaction !== 'wait') return false;
    for (let challenger = this.#challenger; challenger !== undefined; challenger = this.#challenger) {
      if (challenger.news === undefined) await this.#somethingNew();
      else if (await this.#hear(challenger, challenger.news)) return true;
    }
    return false;
  }

  async #look(): Promise<void> {
    const { range, siblings, clock } = this.#options;
    const now = clock.now();
    const verdict = siblings.judge(this.#pace(now));
    if (verdict !== 'straggler') {
      this.#alarm.set(verdict.lookAgainMs);
      return;
    }
    this.#alarm.set(siblings.rule.floorMs);
    if (this.#rescues >= siblings.rule.mostRescues) return;
    const before = this.#challenger;
    if (before !== undefined) await this.#drop(before);
    const restBytes = range.end - this.#at;
    const isWanted = restBytes > 0 && !this.#over.signal.aborted;
    if (isWanted && siblings.mayRescue(restBytes, now)) await this.#rescue(restBytes, now);
  }

  /** Of the connection that was asked last: the rescue, where there is one. */
  #pace(now: Instant) {
    const { range, at, startedAt } = this.#challenger?.lane ?? this.#leader;
    const waitedMs = this.#challenger === undefined ? this.#waits.leaderMs(now) : now - startedAt;
    return { sizeBytes: rangeLength(range), bytes: at - range.start, waitedMs };
  }

  async #rescue(restBytes: number, now: Instant): Promise<void> {
    const { range, openAgain, siblings, signal, onRescue } = this.#options;
    this.#rescues += 1;
    siblings.rescueBegan(restBytes);
    const lane = new Lane(openAgain, { start: this.#at, end: range.end }, signal, now);
    this.#challenger = new Challenger(
      lane,
      () => this.#at,
      () => this.#wake(),
    );
    await onRescue({ restBytes, afterMs: this.#waits.totalMs(now) });
  }

  async #takeOver(challenger: Challenger): Promise<void> {
    const loser = this.#leader;
    const { lane, surplus, hasEnded } = challenger;
    this.#challenger = undefined;
    this.#leader = lane;
    this.#waits.lead(lane.startedAt);
    this.#surplus = surplus;
    this.#hasEnded = hasEnded;
    await loser.cut(new Error('another connection was faster'));
    this.#options.siblings.rescueEnded(rangeLength(lane.range), loser.at - lane.range.start);
    this.#alarm.set(this.#options.siblings.rule.floorMs);
  }

  async #drop({ lane }: Challenger): Promise<void> {
    this.#challenger = undefined;
    await lane.cut(new Error('it was no faster'));
    this.#options.siblings.rescueEnded(rangeLength(lane.range), lane.at - lane.range.start);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { range, siblings, clock } = this.#options;
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    if (this.#challenger !== undefined) await this.#drop(this.#challenger);
    await this.#leader.end();
    const isWhole = this.#at === range.end;
    siblings.ended(isWhole ? { bytes: rangeLength(range), waitedMs: this.#waits.totalMs(clock.now()) } : undefined);
  }
}
