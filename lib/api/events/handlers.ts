import { stated } from '../../values/stated.ts';
import type { Feed } from '../live.ts';
import type { Serve } from '../routing/serve.ts';
import { eventsRoute } from './routes.ts';

export function serveEvents(serve: Serve, feed: Feed): void {
  serve(eventsRoute, (context) => {
    const { transfer: transferId } = context.req.valid('query');
    const lastEventId = context.req.valid('header')['last-event-id'];
    const stream = feed.open(stated({ transferId, lastEventId }));
    // A proxy before it is not to collect what it sends.
    return context.body(stream, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  });
}
