import { READERS } from '../../lib/aws/messages/messages.ts';
import { onMessages } from '../../lib/aws/stages/finalizer.ts';
import type { TickHome } from '../../lib/aws/tick/home.ts';
import { tickAll } from '../../lib/aws/tick/tick.ts';
import type { TickSpan } from '../../lib/transfer/messages.ts';
import type { Requests } from './requests.ts';
import { never } from './stages.ts';
import type { Timeline } from './timeline.ts';

/** Finalizers that take spans of a tick at the same time: the construct's most. */
const FINALIZERS = 5;

/** The schedule's tick, with spans of it taken by all finalizers. */
export interface Ticking {
  run(): Promise<void>;
  /** The longest that one function was at it, since it was last forgotten. */
  readonly longestMs: number;
  forgetLongest(): void;
}

export function ticking(ports: TickHome['ports'], time: Timeline, requests: Requests): Ticking {
  const spans: TickSpan[] = [];
  let longestMs = 0;
  const timed = async (run: () => Promise<unknown>) => {
    const beganAt = time.now();
    await run();
    longestMs = Math.max(longestMs, time.now() - beganAt);
  };
  const home: TickHome = {
    ports,
    spans: {
      send: async (messages) => {
        requests.count('SQS sends');
        spans.push(...messages.map(({ body }) => body));
      },
    },
    measure: () => {},
    tickFailed: (_, error) => {
      throw error;
    },
    deadLetters: {},
    letterDropped: () => {},
    flush: () => {},
  };
  const work = async () => {
    for (let span = spans.shift(); span !== undefined; span = spans.shift()) {
      const message = READERS.finalizer(JSON.stringify(span));
      await timed(() => onMessages(home, [message], never));
    }
  };
  return {
    async run() {
      await timed(() => tickAll(home, { getRemainingTimeInMillis: () => 3_600_000 }));
      await Promise.all(Array.from({ length: FINALIZERS }, work));
    },
    get longestMs() {
      return longestMs;
    },
    forgetLongest() {
      longestMs = 0;
    },
  };
}
