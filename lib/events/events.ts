import type { PieceworkEvent } from '../transfer/progress/events.ts';

/** Where events go. Emitting never fails and never waits for a subscriber in the data path. */
export interface Events {
  emit(event: PieceworkEvent): Promise<void>;
}
