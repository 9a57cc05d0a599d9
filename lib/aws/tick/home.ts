import type { Ports } from '../../pipeline/shared/ports.ts';
import type { Queue } from '../../queues/queue.ts';
import type { TickSpan } from '../../transfer/messages.ts';

/** What the schedule's tick needs of its home. */
export interface TickHome {
  readonly ports: Ports;
  /** Spans for finalizers, where there are more transfers than one tick can look at. */
  readonly spans: Queue<TickSpan>;
  /** A number for CloudWatch. */
  measure(name: string, value: number): void;
  /** Gets what a tick threw; the next one comes in a minute. */
  tickFailed(about: { readonly transferId: string } | { readonly batchId: string }, error: unknown): void;
  flush(): void;
}
