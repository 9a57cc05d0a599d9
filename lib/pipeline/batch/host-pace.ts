import type { PieceworkError } from '../../errors/error.ts';
import type { Ceiling, HostSigns } from '../../transfer/decide/ceiling.ts';
import { ceilingAfter } from '../../transfer/decide/ceiling.ts';
import type { Instant } from '../../values/time.ts';
import { closeHost, rememberCeiling } from '../shared/hosts/change.ts';
import { ceilingOf, closedUntil, readHost } from '../shared/hosts/entry.ts';
import type { BatchPorts } from './batch-ports.ts';

export interface PaceLimits {
  /** Requests to the host at a time. */
  readonly places: number;
  /** Requests begun in a minute. @default any number */
  readonly perMinute?: number;
}

/** How one host is asked by one batch: so many requests at a time, so often, and not while it asks for patience. */
export interface HostPace {
  /** Waits for a place. */
  take(signal: AbortSignal): Promise<Place>;
  /** Since it last gave a byte; since the first request, where it has given none. */
  silentMs(): number;
}

/** Held while bytes are read, not while they are put. Exactly one of these is called. */
export interface Place {
  done(): void;
  failed(error: PieceworkError): Promise<void>;
}

/** Others may have closed the host meanwhile: so often that is looked up. */
const LOOK_EVERY_MS = 1_000;
const MINUTE_MS = 60_000;
/** After a step down. */
const SETTLE_MS = 2_000;

/** @param url any of the host's */
export function hostPace(ports: BatchPorts, url: string, limits: PaceLimits): HostPace {
  const { clock } = ports;
  const waiting: (() => void)[] = [];
  let ceiling: Ceiling | undefined;
  let atWork = 0;
  let lookedAt: Instant | undefined;
  let closedTo: Instant = 0;
  let nextStartAt: Instant = 0;
  let lastByteAt: Instant | undefined;
  /** Since the ceiling moved. */
  let doneCount = 0;

  const places = () => Math.max(1, Math.min(limits.places, ceiling?.connections ?? limits.places));

  function serve(): void {
    while (atWork < places()) {
      const next = waiting.shift();
      if (next === undefined) return;
      atWork += 1;
      next();
    }
  }

  async function untilFree(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      waiting.push(go);
      signal.addEventListener('abort', leave, { once: true });
      serve();
    });
  }

  /** What others learned of the host, and asked of us on its behalf. */
  async function look(): Promise<void> {
    const now = clock.now();
    if (lookedAt !== undefined && now < lookedAt + LOOK_EVERY_MS) return;
    const isFirst = lookedAt === undefined;
    lookedAt = now;
    const entry = (await readHost(ports, url))?.value;
    closedTo = Math.max(closedTo, closedUntil(entry));
    if (isFirst) ceiling = ceilingOf(ports, entry);
  }

  async function untilOpen(signal: AbortSignal): Promise<void> {
    for (;;) {
      await look();
      const now = clock.now();
      const at = Math.max(closedTo, nextStartAt);
      if (at <= now) break;
      await clock.sleep(at - now, signal);
    }
    if (limits.perMinute !== undefined) nextStartAt = clock.now() + MINUTE_MS / limits.perMinute;
  }

  function leave(): void {
    atWork -= 1;
    serve();
  }

  async function learn(signs: Omit<HostSigns, 'wanted' | 'now'>, signal: AbortSignal): Promise<void> {
    const after = ceilingAfter(ceiling, { ...signs, wanted: limits.places, now: clock.now() });
    if (after === ceiling || after === undefined) return;
    ceiling = after;
    doneCount = 0;
    serve();
    await hint(rememberCeiling(ports, url, after, signal));
  }

  /** What was learned is a hint, and its loss no failure of the entry. */
  async function hint(written: Promise<void>): Promise<void> {
    await written.catch(() => {});
  }

  /** Takes effect at once; resolves when others can know of it. */
  async function noteFailure({ code, details }: PieceworkError, signal: AbortSignal): Promise<void> {
    if (code !== 'SourceBusy' && code !== 'SourceReset') return;
    const { retryAfterMs = 0, openConnections = 0 } = details;
    const isBusy = code === 'SourceBusy';
    const before = ceiling;
    const signs = { busy: isBusy ? 1 : 0, cut: isBusy ? 0 : 1, borne: openConnections, doneMs: [] };
    const learned = learn(signs, signal);
    // What was on its way at the old number is refused as well, and is to be over before more is asked for.
    if (isBusy && ceiling !== before && before?.crept !== true) closedTo = Math.max(closedTo, clock.now() + SETTLE_MS);
    if (retryAfterMs > 0) closedTo = Math.max(closedTo, clock.now() + retryAfterMs);
    await learned;
    if (retryAfterMs > 0) await hint(closeHost(ports, url, closedTo, signal));
  }

  return {
    async take(signal) {
      lastByteAt ??= clock.now();
      for (;;) {
        await untilFree(signal);
        try {
          await untilOpen(signal);
        } catch (error) {
          leave();
          throw error;
        }
        if (atWork <= places()) break;
        // What was learned while it waited leaves it no place.
        leave();
      }
      const startedAt = clock.now();
      return {
        done() {
          lastByteAt = clock.now();
          leave();
          doneCount += 1;
          // Time in which the host was closed is no patience: what counts is what came.
          if (ceiling !== undefined && doneCount >= ceiling.patience)
            void learn({ busy: 0, cut: 0, borne: 0, doneMs: [clock.now() - startedAt] }, signal);
        },
        async failed(error) {
          const written = noteFailure(error, signal);
          // Only now: its place is the next one's as soon as it is free.
          leave();
          await written;
        },
      };
    },
    silentMs: () => (lastByteAt === undefined ? 0 : clock.now() - lastByteAt),
  };
}
