import type { Ports } from '../../pipeline/shared/ports.ts';
import type { Meter } from '../usage/meter.ts';

/** What the schedule's tick needs of its home. */
export interface TickHome {
  readonly ports: Ports;
  /** A number for CloudWatch. */
  measure(name: string, value: number): void;
  /** Gets what a tick threw; the next one comes in a minute. */
  tickFailed(about: { readonly transferId: string } | { readonly batchId: string }, error: unknown): void;
  flush(): void;
  /** Counts what each transfer uses. @default it is not counted */
  readonly meter?: Pick<Meter, 'run'>;
}
