import * as z from 'zod';
import { eventsRoute } from '../events/routes.ts';
import { describe, problems } from './describe.ts';

export const EVENTS = [
  describe(eventsRoute, {
    operationId: 'events',
    summary: 'Follow what happens (a machine only)',
    description:
      'Server-sent events. `transfer`: a transfer as in the list, at most four times a second for each; `batch`, `service`, `hosts`: as their own paths show them; `pieces`: with `transfer` in the query only, how far each piece is. `reset`: what was read before does not go on here; load the lists again. A comment every 15 seconds.',
    responses: {
      200: {
        description: 'A stream that does not end by itself.',
        content: { 'text/event-stream': { schema: z.string() } },
      },
      ...problems(400, 403),
    },
  }),
] as const;
