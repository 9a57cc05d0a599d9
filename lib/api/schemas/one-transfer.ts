import * as z from 'zod';
import { makeDescribable } from './describable.ts';

makeDescribable();

/* What is asked of one transfer: read at each start, since most requests are these. */

export const getQuerySchema = z.strictObject({
  waitSeconds: z.coerce.number().int().min(0).max(20).default(0).openapi({
    type: 'integer',
    description: 'Answer only when the transfer has ended or its record has changed, after this time at the latest.',
  }),
});

export const idParamSchema = z.object({
  id: z.string().openapi({
    param: { name: 'id', in: 'path' },
    description: 'Id of a transfer.',
    example: '01JZ8QH5X3M9V7T2B4N6K8R0CD',
  }),
});
