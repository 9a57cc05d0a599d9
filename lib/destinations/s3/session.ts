import { PieceworkError } from '../../errors/error.ts';
import type { Clients, Connections, S3Locator } from '../../s3/client.ts';
import { secretsOf } from '../../s3/client.ts';
import type { Operation } from '../../s3/failures.ts';
import { stopRequest } from '../../s3/last-answer.ts';
import { storeWords } from '../../s3/words.ts';
import type { BackoffPolicy } from '../../transfer/retry.ts';
import { backoffMs } from '../../transfer/retry.ts';
import type { Call } from '../../values/call.ts';
import { untilAborted } from '../../values/call.ts';
import type { Clock, Instant } from '../../values/time.ts';
import { destinationError } from './errors.ts';
import type { Learned } from './learned/learned.ts';
import { learned } from './learned/learned.ts';
import type { Store } from './stores.ts';

export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/** What every operation needs: where to send, how to fail, how to wait. */
export interface Session {
  readonly store: Store;
  /** False: bodies are hashed and signed, for buckets whose policy asks for it. */
  readonly unsignedPayload: boolean;
  /** What stores said of open uploads' checksums, for as long as this process knows. */
  readonly checksumTypes: Map<string, string>;
  readonly learned: Learned;
  /** Says what a person should know of the store. */
  readonly warn: (sentence: string) => void;
  /**
   * Sends, and turns whatever goes wrong into a `PieceworkError`; an aborted signal into its own reason, at once. Only
   * of what writes the end is waited for, a second at most: the store may do what it was asked for whole although the
   * connection is closed, and who looks next is to find it; and a body's memory is its owner's again.
   */
  perform<T>(
    operation: Operation,
    locator: S3Locator,
    call: Call,
    send: (clients: Clients, options: SendOptions) => Promise<T>,
  ): Promise<T>;
  /** Until when what was stopped without an answer may still take effect. */
  mayLandUntil(): Instant;
  /** Tries again what failed in passing, a few times. Only for what can be sent twice. */
  repeat<T>(seed: string, call: Call, attempt: () => Promise<T>): Promise<T>;
}

const TRIES = 3;
/** A store that has all of a write is done with it, whatever became of the connection. */
const LATE_MS = 2_000;
const PATIENCE: BackoffPolicy = { baseMs: 300, capMs: 5000 };
const PASSING = new Set(['DestinationUnreachable', 'DestinationServerError', 'DestinationBusy']);

export function session(options: {
  store: Store;
  unsignedPayload: boolean;
  connections: Connections;
  clock: Clock;
  warn: (sentence: string) => void;
}): Session {
  const { store, unsignedPayload, connections, clock, warn } = options;
  let mayLandUntil: Instant = 0;
  return {
    store,
    unsignedPayload,
    checksumTypes: new Map(),
    learned: learned(),
    warn,
    async perform(operation, locator, call, send) {
      call.signal.throwIfAborted();
      const stop = new AbortController();
      const sent = connections.clients(locator).then((clients) => send(clients, { abortSignal: stop.signal }));
      try {
        return await untilAborted(sent, call.signal);
      } catch (error) {
        // Whatever is still on the wire ends here: a body half sent, a retry about to start.
        const mayLand = await stopRequest(operation, sent, () => stop.abort());
        if (mayLand) mayLandUntil = clock.now() + LATE_MS;
        call.signal.throwIfAborted();
        const words = await storeWords(error, async () => secretsOf(await connections.clients(locator)));
        throw destinationError(error, { operation, place: locator, words, now: clock.now() });
      }
    },
    mayLandUntil: () => mayLandUntil,
    async repeat(seed, call, attempt) {
      for (let failures = 1; ; failures += 1) {
        try {
          return await attempt();
        } catch (error) {
          if (
            call.signal.aborted ||
            failures >= TRIES ||
            !(error instanceof PieceworkError) ||
            !PASSING.has(error.code)
          )
            throw error;
          const asked = error.details.retryAfterMs ?? 0;
          // A longer wait is for who can use the time: the pipeline gives the place to another piece.
          if (asked > PATIENCE.capMs) throw error;
          await clock.sleep(Math.max(asked, backoffMs(failures, `${seed} ${failures}`, PATIENCE)), call.signal);
        }
      }
    },
  };
}
