import * as z from 'zod';
import { makeDescribable } from './describable.ts';

makeDescribable();

/* Where a transfer stands in the queue of a machine. */

export const prioritySchema = z
  .int()
  .min(-100)
  .max(100)
  .openapi({ description: 'Higher runs first. Default: 0. On a machine only.' });

export const pausedSchema = z
  .boolean()
  .openapi({ description: 'It is taken on and does not run before it is resumed. Default: false. On a machine only.' });

export const goOnSchema = z.boolean().openapi({
  description:
    'Go on with what an unfinished or failed transfer of the same source to the same place has brought, as `piecework copy` does; the answer may be that transfer. Default: false, it is given up. On a machine only.',
});

export const arrangeSchema = z
  .strictObject({
    priority: prioritySchema.optional(),
    position: z.enum(['first', 'last']).optional().openapi({ description: 'Among those of its priority that wait.' }),
  })
  .openapi('ArrangeRequest');
