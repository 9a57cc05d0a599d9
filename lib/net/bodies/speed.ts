import type { NetSettings } from '../settings.ts';

export interface SpeedFloor {
  /** 0 = none. */
  readonly minBytesPerSecond: number;
  /** The speed is judged over this much time spent waiting for the sender. */
  readonly windowMs: number;
  /** Whether it holds now. @default always */
  readonly holds?: () => boolean;
}

/** What is a trickle where no least speed was given. */
const TRICKLE_BYTES_PER_SECOND = 1024;
const MOST_SERVERS = 256;

/**
 * The least speed of each body of a server. Where none was given: 1 KiB/s over two stall time-outs, once a second body
 * was asked of that server. The only one there is may be as slow as it likes.
 */
export function speedFloors({
  minBytesPerSecond,
  stallTimeoutMs,
}: Pick<NetSettings, 'minBytesPerSecond' | 'stallTimeoutMs'>): (server: string) => SpeedFloor {
  if (minBytesPerSecond !== undefined) return () => ({ minBytesPerSecond, windowMs: stallTimeoutMs });
  // The ones asked last are at the end.
  const bodies = new Map<string, number>();
  return (server) => {
    const count = (bodies.get(server) ?? 0) + 1;
    bodies.delete(server);
    bodies.set(server, count);
    const [oldest] = bodies.keys();
    if (bodies.size > MOST_SERVERS && oldest !== undefined) bodies.delete(oldest);
    const holds = () => (bodies.get(server) ?? 0) > 1;
    return { minBytesPerSecond: TRICKLE_BYTES_PER_SECOND, windowMs: 2 * stallTimeoutMs, holds };
  };
}

/**
 * Judges a sender by the time that was spent waiting for it: a reader that is slow itself is not the sender's fault.
 * The function takes what the last wait brought and says whether the sender is fast enough so far.
 */
export function speedJudge(floor: SpeedFloor): (bytes: number, waitedMs: number) => boolean {
  let bytes = 0;
  let waitedMs = 0;
  return (moreBytes, moreMs) => {
    bytes += moreBytes;
    waitedMs += moreMs;
    if (waitedMs < floor.windowMs) return true;
    const enough = bytes * 1000 >= floor.minBytesPerSecond * waitedMs;
    bytes = 0;
    waitedMs = 0;
    return enough || floor.holds?.() === false;
  };
}
