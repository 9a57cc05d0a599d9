import { asPieceworkError } from '../../errors/error.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { ByteRange } from '../../values/ranges.ts';
import { rangeLength } from '../../values/ranges.ts';
import type { Clock, Instant } from '../../values/time.ts';
import type { OpenRange } from './lane.ts';
import { Lane } from './lane.ts';
import type { Siblings } from './siblings.ts';

export interface RescuedReaderOptions {
  readonly range: ByteRange;
  /** The range on a connection of its own, its answer checked. */
  readonly open: OpenRange;
  /** The same for a rescue, which nobody waits for: it may be refused. */
  readonly openAgain: OpenRange;
  readonly siblings: Siblings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onRescue: (rescue: { readonly restBytes: number; readonly afterMs: number }) => Promise<void>;
}

/** A second connection on its way through what the piece lacked when it was asked. */
interface Challenger {
  readonly lane: Lane;
  /** What it brought last; beyond where the piece is, it has not been seen by anybody. */
  readonly chunk: Uint8Array;
  chunkBytes: number;
  hasEnded: boolean;
  /** What it has to say, until that is heard. */
  news: News | undefined;
}

type News = { readonly kind: 'ahead' } | { readonly kind: 'lost'; readonly error: unknown };

const CHUNK_BYTES = 64 * 1024;
const OVERTAKEN = Symbol('overtaken');

/**
 * A piece's body, rescued when it turns out to be a straggler (`transfer/straggler.ts`). The rescue asks on another connection for what is still
 * lacking, and follows what the slow one delivers, throwing away what is known already. As soon as it is ahead it takes over, and the slow
 * connection is closed; if the slow one comes to the end before, the rescue is closed. So the piece is always as far as the faster of the
 * two, whoever loses has never touched the destination, and nothing is kept but one small chunk.
 *
 * A rescue that fails changes nothing. Each of the two answers is checked as any range's is (architecture, "Distrusting a range"): both are of the snapshot's version.
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
  /** How long the leader was waited for before the read that is under way. */
  #leaderWaitedMs = 0;
  #waitedMs = 0;
  #waitsSince: Instant | undefined;
  #challenger: Challenger | undefined;
  /** Of a challenger that took over. */
  #surplus: Uint8Array = new Uint8Array(0);
  #hasEnded = false;
  /** Next byte to give out. */
  #at: number;
  #rescues = 0;
  /** The last alarm that was set; those before it say nothing any more. */
  #alarm = 0;
  #isTimeToLook = false;
  /** Of the race that is under way. One at a time, and forgotten with it: a promise that many races waited for would keep each of them. */
  #wake: () => void = () => {};

  constructor(options: RescuedReaderOptions) {
    const { range, open, siblings, clock, signal } = options;
    this.#options = options;
    this.#at = range.start;
    this.#leader = new Lane(open, range, signal, clock.now());
    this.#lookIn(siblings.rule.floorMs);
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
    this.#waitsSince = clock.now();
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
        if (this.#isTimeToLook) {
          await this.#look();
        } else if (challenger?.news !== undefined) {
          if (await this.#hear(challenger, challenger.news)) return OVERTAKEN;
        } else {
          await this.#somethingNew();
        }
      }
    } finally {
      const waitedMs = clock.now() - this.#waitsSince;
      this.#waitsSince = undefined;
      this.#waitedMs += waitedMs;
      this.#leaderWaitedMs += waitedMs;
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
    if (this.#isAhead(challenger)) {
      await this.#takeOver(challenger);
      return true;
    }
    this.#listen(challenger);
    return false;
  }

  /** The leader's connection broke: the challenger goes on in its place, if there is one and the failure is the connection's alone. */
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
      this.#lookIn(verdict.lookAgainMs);
      return;
    }
    this.#lookIn(siblings.rule.floorMs);
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
    const waitedMs =
      this.#challenger === undefined ? this.#leaderWaitedMs + (now - (this.#waitsSince ?? now)) : now - startedAt;
    return { sizeBytes: rangeLength(range), bytes: at - range.start, waitedMs };
  }

  async #rescue(restBytes: number, now: Instant): Promise<void> {
    const { range, openAgain, siblings, signal, onRescue } = this.#options;
    this.#rescues += 1;
    siblings.rescueBegan(restBytes);
    const lane = new Lane(openAgain, { start: this.#at, end: range.end }, signal, now);
    const challenger: Challenger = {
      lane,
      chunk: new Uint8Array(CHUNK_BYTES),
      chunkBytes: 0,
      hasEnded: false,
      news: undefined,
    };
    this.#challenger = challenger;
    this.#listen(challenger);
    await onRescue({ restBytes, afterMs: this.#waitedMs + (now - (this.#waitsSince ?? now)) });
  }

  #listen(challenger: Challenger): void {
    challenger.news = undefined;
    void this.#catchUp(challenger).then((news) => {
      challenger.news = news;
      this.#wake();
    });
  }

  /** Reads on until it has something that nobody has seen. Never rejects. */
  async #catchUp(challenger: Challenger): Promise<News> {
    try {
      while (!this.#isAhead(challenger)) {
        challenger.chunkBytes = await challenger.lane.read(challenger.chunk);
        challenger.hasEnded = challenger.chunkBytes === 0;
      }
      return { kind: 'ahead' };
    } catch (error) {
      return { kind: 'lost', error };
    }
  }

  #isAhead({ lane, hasEnded }: Challenger): boolean {
    return hasEnded || lane.at > this.#at;
  }

  async #takeOver(challenger: Challenger): Promise<void> {
    const loser = this.#leader;
    const { lane, chunk, chunkBytes, hasEnded } = challenger;
    this.#challenger = undefined;
    this.#leader = lane;
    // With the wait that is under way it is as old as its connection.
    this.#leaderWaitedMs = (this.#waitsSince ?? lane.startedAt) - lane.startedAt;
    this.#surplus = chunk.subarray(chunkBytes - (lane.at - this.#at), chunkBytes);
    this.#hasEnded = hasEnded;
    await loser.cut(new Error('another connection was faster'));
    this.#options.siblings.rescueEnded(rangeLength(lane.range), loser.at - lane.range.start);
    this.#lookIn(this.#options.siblings.rule.floorMs);
  }

  async #drop({ lane }: Challenger): Promise<void> {
    this.#challenger = undefined;
    await lane.cut(new Error('it was no faster'));
    this.#options.siblings.rescueEnded(rangeLength(lane.range), lane.at - lane.range.start);
  }

  #lookIn(ms: number): void {
    this.#isTimeToLook = false;
    this.#alarm += 1;
    const alarm = this.#alarm;
    this.#options.clock.sleep(ms, this.#over.signal).then(
      () => {
        if (alarm !== this.#alarm) return;
        this.#isTimeToLook = true;
        this.#wake();
      },
      () => {},
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { range, siblings } = this.#options;
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    if (this.#challenger !== undefined) await this.#drop(this.#challenger);
    await this.#leader.end();
    const isWhole = this.#at === range.end;
    siblings.ended(isWhole ? { bytes: rangeLength(range), waitedMs: this.#waitedMs } : undefined);
  }
}
