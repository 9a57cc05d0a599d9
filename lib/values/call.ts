/** Last argument of every call that leaves the process. */
export interface Call {
  /** Aborted = stop now, leave nothing open, reject with the signal's reason. */
  readonly signal: AbortSignal;
}
