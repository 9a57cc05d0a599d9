export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;

/** How long things take and live in the simulated world. */
export const TIMES = {
  requestTimeoutMs: 10 * SECOND_MS,
  /** After its sender gave up or died, a request lands within this. */
  lateMs: 4 * MINUTE_MS,
  messageLateMs: 15 * MINUTE_MS,
  plannerTimeoutMs: 10 * MINUTE_MS,
  fetcherTimeoutMs: 2 * MINUTE_MS,
  finalizerTimeoutMs: 3 * MINUTE_MS,
  apiTimeoutMs: 30 * SECOND_MS,
  /** Of so many ticks of the schedule one also looks for sealed sources without a marker. */
  ticksPerSweep: 10,
  recordCacheMs: 10 * SECOND_MS,
} as const;
