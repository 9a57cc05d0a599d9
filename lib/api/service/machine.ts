import type { Feature, Service } from '../schemas/service.ts';

/** What a machine has besides the use cases: one queue, and the limits of one process. */
export interface Machine {
  readonly features: readonly Feature[];
  look(): Required<Pick<Service, 'startedAt' | 'paused' | 'counts' | 'limits'>>;
}
