import type { Ports } from '../../pipeline/shared/ports.ts';
import type { Queue } from '../../queues/queue.ts';
import type { TickSpan } from '../../transfer/messages.ts';
import type { About, DeadLetters } from '../messages/dead-letters.ts';
import type { Meter } from '../usage/meter.ts';

/** What the schedule's tick needs of its home. */
export interface TickHome {
  readonly ports: Ports;
  /** Spans for finalizers, where there are more transfers than one tick can look at. */
  readonly spans: Queue<TickSpan>;
  /** A number for CloudWatch. */
  measure(name: string, value: number): void;
  /** Gets what a tick threw; the next one comes in a minute. */
  tickFailed(about: About | { readonly queue: string }, error: unknown): void;
  /** Queues whose dead letters no function takes, by name. */
  readonly deadLetters: Readonly<Record<string, DeadLetters>>;
  /** A dead letter of what has ended was deleted. */
  letterDropped(queue: string, about: About): void;
  flush(): void;
  /** Counts what each transfer uses. @default it is not counted */
  readonly meter?: Pick<Meter, 'run'>;
}
