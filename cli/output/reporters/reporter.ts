import type { PieceworkEvent } from '../../../lib/transfer/progress/events.ts';

/** Shows the events of one transfer as they come. Disposing takes away what is not to stay on the screen. */
export interface Reporter extends Disposable {
  event(event: PieceworkEvent): void;
}
