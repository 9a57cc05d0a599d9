import type { Transfer } from '../../transfer/record/states.ts';
import type { Loaded } from '../shared/store.ts';

/**
 * `again` after a stored step, or the record as it is after it; a wait when only time helps; `done` when nothing is
 * left.
 */
export type Step = 'again' | 'done' | Wait | Stepped;

export interface Stepped {
  readonly next: Loaded<Transfer>;
}

export interface Wait {
  readonly waitMs: number;
}
