export interface SpeedFloor {
  /** 0 = none. */
  readonly minBytesPerSecond: number;
  /** The speed is judged over this much time spent waiting for the sender. */
  readonly windowMs: number;
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
    return enough;
  };
}
