export interface Outgoing<M> {
  readonly body: M;
  /** @default 0 */
  readonly delayMs?: number;
}

/** A queue may lose, repeat, delay and reorder messages without harm (invariant 2). */
export interface Queue<M> {
  send(messages: readonly Outgoing<M>[]): Promise<void>;
}

export interface Delivery<M> {
  readonly body: M;
  /** 1 at the first delivery. */
  readonly receiveCount: number;
}

/** Hands out deliveries in batches until the signal is aborted. A handler that throws gets its batch again, later. */
export interface Consumer<M> {
  consume(
    options: ConsumeOptions,
    handle: (batch: readonly Delivery<M>[], signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface ConsumeOptions {
  /** Handlers at work at the same time. */
  readonly concurrency: number;
  /** Messages in one batch at most. */
  readonly batchSize: number;
}
