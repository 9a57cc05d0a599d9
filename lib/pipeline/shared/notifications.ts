import { PieceworkError } from '../../errors/error.ts';
import type { Notifications } from '../../events/events.ts';
import type { Ports } from './ports.ts';

/** @throws PieceworkError `InvalidOption` where this home notifies no one. */
export function notificationsOf({ notifications }: Pick<Ports, 'notifications'>): Notifications {
  if (notifications !== undefined) return notifications;
  throw new PieceworkError('InvalidOption', 'no one can be notified of an end here: leave notify and taskToken away');
}
