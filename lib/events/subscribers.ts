import type { PieceworkEvent } from '../transfer/progress/events.ts';
import type { Events } from './events.ts';

/** Gets every event, in order. What it throws or rejects with is its own affair. */
export type Subscriber = (event: PieceworkEvent) => void | Promise<void>;

type EventOf<T extends PieceworkEvent['type']> = Extract<PieceworkEvent, { readonly type: T }>;

/** A subscriber to one type of event. */
export function on<T extends PieceworkEvent['type']>(
  type: T,
  handle: (event: EventOf<T>) => void | Promise<void>,
): Subscriber {
  return (event) => (event.type === type ? handle(event as EventOf<T>) : undefined);
}

/**
 * Hands each event to all subscribers. A slow one is not waited for, a broken one hurts neither the others nor the
 * transfer: `onFailure` hears of it.
 */
export function fanOut(
  subscribers: readonly Subscriber[],
  onFailure: (error: unknown, event: PieceworkEvent) => void = () => {},
): Events {
  async function deliver(subscriber: Subscriber, event: PieceworkEvent): Promise<void> {
    try {
      await subscriber(event);
    } catch (error) {
      onFailure(error, event);
    }
  }

  return {
    async emit(event) {
      for (const subscriber of subscribers) void deliver(subscriber, event).catch(() => {});
    },
  };
}
