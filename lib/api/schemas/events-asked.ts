import * as z from 'zod';
import { WHOLE_ID } from '../../values/text/whole-id.ts';
import { makeDescribable } from './describable.ts';

makeDescribable();

/* What a reader of the events says. */

export const eventsQuerySchema = z.strictObject({
  transfer: z
    .string()
    .regex(WHOLE_ID, 'is no id of a transfer')
    .optional()
    .openapi({ description: 'Its pieces too, as events `pieces`.' }),
});

export const eventsHeadersSchema = z.object({
  'last-event-id': z.string().max(80).optional().openapi({
    description: 'The `id` of the last event that was read: what came after it is sent. Default: from now on.',
  }),
});
