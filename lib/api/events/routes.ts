import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { WHOLE_ID } from '../../values/text/whole-id.ts';
import { problems } from '../routes.ts';

/* What a machine alone has: a deployment is asked with `waitSeconds`. */

const eventsQuerySchema = z.strictObject({
  transfer: z
    .string()
    .regex(WHOLE_ID, 'is no id of a transfer')
    .optional()
    .openapi({ description: 'Its pieces too, as events `pieces`.' }),
});

const eventsHeadersSchema = z.object({
  'last-event-id': z.string().max(80).optional().openapi({
    description: 'The `id` of the last event that was read: what came after it is sent. Default: from now on.',
  }),
});

export const eventsRoute = createRoute({
  method: 'get',
  path: '/v1/events',
  operationId: 'events',
  summary: 'Follow what happens (a machine only)',
  description:
    'Server-sent events. `transfer`: a transfer as in the list, at most four times a second for each; `batch`, `service`, `hosts`: as their own paths show them; `pieces`: with `transfer` in the query only, how far each piece is. `reset`: what was read before does not go on here; load the lists again. A comment every 15 seconds.',
  request: { query: eventsQuerySchema, headers: eventsHeadersSchema },
  responses: {
    200: {
      description: 'A stream that does not end by itself.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problems(400, 403),
  },
});
