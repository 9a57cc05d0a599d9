import type { PieceworkError } from '../../errors/error.ts';
import { asPieceworkError } from '../../errors/error.ts';
import { hostOf } from '../../records/records.ts';
import type { Ceiling, HostSigns } from '../../transfer/decide/ceiling.ts';
import { ceilingAfter } from '../../transfer/decide/ceiling.ts';
import { deniedWaitMs, mayBeLimit } from '../../transfer/denial.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import { closeHost, learnCeiling } from '../shared/hosts/change.ts';
import { ceilingOf, closedUntil, hasPlaceForGuest, readHost, sharerCount } from '../shared/hosts/entry.ts';
import type { BatchPorts } from './batch-ports.ts';
import type { Denials } from './pace/denials.ts';
import { denialsOfHost } from './pace/denials.ts';
import { SETTLE_MS, startGap } from './pace/start-gap.ts';

export interface PaceLimits {
  /** Requests to the host at a time. */
  readonly places: number;
  /** Requests begun in a minute. @default any number */
  readonly perMinute?: number;
  /** It has places of the host only where those who share it leave one. @default its places are its own */
  readonly isGuest?: boolean;
  /** Since when the host has given no byte, where that is known from before. */
  readonly silentSince?: Instant;
  /** It has given what was asked for, to another worker of the shard. @default false */
  readonly hasServed?: boolean;
}

/** How one host is asked by one batch: so many requests at a time, so often, and not while it asks for patience. */
export interface HostPace {
  /** Waits for a place. */
  take(signal: AbortSignal): Promise<Place>;
  /** Since it last gave a byte; since the first request, where it has given none. */
  silentMs(): number;
  /** How long it is not asked at all. */
  closedForMs(): number;
  /** Answers that were what was asked for, so far. */
  readonly servedCount: number;
  readonly denials: Denials;
}

/** Held while bytes are read, not while they are put. Exactly one of these is called. */
export interface Place {
  done(): void;
  failed(error: PieceworkError): Promise<void>;
}

/** Reads at a place of the host, and says there how that went. @throws PieceworkError what `read` throws, as one */
export async function atPlace<T>(pace: HostPace, signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  const place = await pace.take(signal);
  try {
    const came = await read();
    place.done();
    return came;
  } catch (thrown) {
    const error = asPieceworkError(thrown);
    await place.failed(error);
    throw error;
  }
}

/** Others may have closed the host meanwhile: so often that is looked up, */
const LOOK_EVERY_MS = 1_000;
/** and so often whether they leave it a place, where it has none. */
const WAIT_MS = 250;
const MINUTE_MS = 60_000;

/** @param url any of the host's */
export function hostPace(ports: BatchPorts, url: string, limits: PaceLimits): HostPace {
  const { clock } = ports;
  const waiting: (() => void)[] = [];
  let ceiling: Ceiling | undefined;
  /** Of the ceiling, what is this worker's; `undefined` = all of it. */
  let share: number | undefined;
  let sharers = 1;
  let atWork = 0;
  let lookedAt: Instant | undefined;
  let lastLook: Promise<void> | undefined;
  let closedTo: Instant = 0;
  let nextStartAt: Instant = 0;
  let lastByteAt: Instant | undefined = limits.silentSince;
  /** Since the ceiling moved. */
  let doneCount = 0;
  let servedCount = 0;
  /** When the host had denied all that it was last asked. */
  let deniedAllAt: Instant | undefined;
  const gap = startGap();
  const denials = denialsOfHost(limits.hasServed);

  /** From one request to the next. */
  const gapMs = () => Math.max(limits.perMinute === undefined ? 0 : MINUTE_MS / limits.perMinute, gap.ms);
  const places = () =>
    Math.max(1, Math.min(limits.places, ceiling?.connections ?? limits.places, share ?? limits.places));
  const lookEveryMs = () => (share === 0 ? WAIT_MS : LOOK_EVERY_MS);

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

  /** What others learned of the host, and asked of us on its behalf. Nothing is asked of it before that is known. */
  async function look(): Promise<void> {
    const now = clock.now();
    // A clock that was put back says nothing of how long ago that was.
    if (lookedAt !== undefined && now >= lookedAt && now < lookedAt + lookEveryMs()) return await lastLook;
    const isFirst = lookedAt === undefined;
    lookedAt = now;
    const looked = lookUp(isFirst);
    // Its loss is one caller's.
    lastLook = looked.catch(() => {});
    await looked;
  }

  async function lookUp(isFirst: boolean): Promise<void> {
    const entry = (await readHost(ports, url))?.value;
    closedTo = Math.max(closedTo, closedUntil(entry));
    sharers = sharerCount(ports, entry);
    know(ceilingOf(ports, entry));
    // Learned of one that serves, and is remembered for as long as a ceiling is.
    if (
      isFirst &&
      ceiling !== undefined &&
      entry?.learned !== undefined &&
      ceiling.since === fromIso(entry.learned.since)
    )
      denials.isKnown();
    share = await ports.placesOf?.(hostOf(url));
    // To have no turn yet is no silence of the host.
    if (share === 0) lastByteAt = clock.now();
    if (share === 0 || (limits.isGuest === true && !hasPlaceForGuest(ports, entry))) closeFor(lookEveryMs());
    else serve();
  }

  /** What others learned meanwhile holds here too. */
  function know(known: Ceiling | undefined): void {
    if (known === undefined || (ceiling !== undefined && known.since <= ceiling.since)) return;
    ceiling = known;
    doneCount = 0;
  }

  async function untilOpen(signal: AbortSignal): Promise<void> {
    for (;;) {
      await look();
      const now = clock.now();
      nextStartAt = Math.min(nextStartAt, now + gapMs());
      const at = Math.max(closedTo, nextStartAt);
      if (at <= now) break;
      await clock.sleep(at - now, signal);
    }
    nextStartAt = clock.now() + gapMs();
  }

  function leave(): void {
    atWork -= 1;
    serve();
  }

  async function learn(signs: Omit<HostSigns, 'wanted' | 'now'>, signal: AbortSignal): Promise<void> {
    const all = { ...signs, ...(sharers > 1 ? { borne: 0 } : {}), wanted: wanted(), now: clock.now() };
    const after = ceilingAfter(ceiling, all);
    if (after === ceiling || after === undefined) return;
    // Until that is looked up, its part of what there was.
    if (share !== undefined && ceiling !== undefined && after.connections < ceiling.connections)
      share = Math.floor((share * after.connections) / ceiling.connections);
    ceiling = after;
    doneCount = 0;
    serve();
    await hint(learnCeiling(ports, url, (known) => ceilingAfter(known, all), signal).then(know));
  }

  /** By all who share the host. */
  function wanted(): number {
    const { hostCeiling = Number.POSITIVE_INFINITY } = ports.policy;
    return Math.max(limits.places, Math.min(limits.places * sharers, hostCeiling));
  }

  /** What was learned is a hint, and its loss no failure of the entry. */
  async function hint(written: Promise<void>): Promise<void> {
    await written.catch(() => {});
  }

  /** What the failure says of the host; `undefined` = nothing. */
  function signOf(error: PieceworkError, startedAt: Instant): 'busy' | 'cut' | undefined {
    if (error.code === 'SourceReset') return 'cut';
    if (!mayBeLimit(error)) return error.code === 'SourceBusy' ? 'busy' : undefined;
    if (gap.isOfNoUse) {
      denials.giveUp();
      gap.reset();
    }
    // Of those that were on their way when it denied all, the host has said what it had to say.
    if (deniedAllAt !== undefined && startedAt <= deniedAllAt) return undefined;
    const denial = denials.denied();
    if (denial.are === 'all') {
      deniedAllAt = clock.now();
      closeFor(deniedWaitMs(denial.times, `${url}/${denial.times}`));
    }
    // Where it is about how often, one says as much as two: the next one would come at once.
    return denial.are === 'few' && (gap.ms === 0 || !denials.mayPass) ? undefined : 'busy';
  }

  function closeFor(ms: number): void {
    closedTo = Math.max(closedTo, clock.now() + ms);
  }

  /** Takes effect at once; resolves when others can know of it. */
  async function noteFailure(error: PieceworkError, startedAt: Instant, signal: AbortSignal): Promise<void> {
    const sign = signOf(error, startedAt);
    if (sign === undefined) return;
    const { retryAfterMs = 0, openConnections = 0 } = error.details;
    const before = ceiling;
    const isBusy = sign === 'busy';
    const signs = { busy: isBusy ? 1 : 0, cut: isBusy ? 0 : 1, borne: openConnections, doneMs: [] };
    const learned = learn(signs, signal);
    if (isBusy) pauseAfter(before, startedAt, retryAfterMs);
    closeFor(retryAfterMs);
    await learned;
    if (retryAfterMs > 0) await hint(closeHost(ports, url, closedTo, signal));
  }

  /** What was on its way at the old number is refused as well, and is to be over before more is asked for. */
  function pauseAfter(before: Ceiling | undefined, startedAt: Instant, retryAfterMs: number): void {
    const isLess = ceiling !== before && before?.crept !== true;
    // Asked after the last step, and refused too soon for another one: others have what this was to have.
    const isTooMuch = ceiling === before && before !== undefined && startedAt > before.since;
    // With one at a time, only more time between them is less. What names a time is asked again after that.
    const isSlower = retryAfterMs === 0 && before?.connections === 1 && gap.refused(clock.now());
    if (isLess || isTooMuch || isSlower) closeFor(SETTLE_MS);
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
          servedCount += 1;
          denials.served();
          gap.served();
          leave();
          doneCount += 1;
          // Time in which the host was closed is no patience: what counts is what came.
          // What is asked for less often needs no more at a time.
          if (ceiling !== undefined && gap.ms === 0 && doneCount >= ceiling.patience)
            void learn({ busy: 0, cut: 0, borne: 0, doneMs: [clock.now() - startedAt] }, signal);
        },
        async failed(error) {
          const written = noteFailure(error, startedAt, signal);
          // Only now: its place is the next one's as soon as it is free.
          leave();
          await written;
        },
      };
    },
    get servedCount() {
      return servedCount;
    },
    denials,
    closedForMs: () => Math.max(0, closedTo - clock.now()),
    silentMs: () => (lastByteAt === undefined ? 0 : clock.now() - lastByteAt),
  };
}
