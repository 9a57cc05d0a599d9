import { z } from '@hono/zod-openapi';
import { WHOLE_ID } from '../../values/text/whole-id.ts';

/* What the API takes in paths, queries and headers. */

export const STATUSES = [
  'accepted',
  'planning',
  'transferring',
  'finalizing',
  'completed',
  'failed',
  'cancelled',
] as const;

export const listQuerySchema = z.strictObject({
  status: z.enum(STATUSES).optional().openapi({ description: 'Only transfers with this status.' }),
  batch: z
    .string()
    .regex(WHOLE_ID, 'is no id of a batch')
    .optional()
    .openapi({ description: 'The transfers that large entries of this batch are. Without it they are left out.' }),
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ description: 'Transfers on a page at most.' }),
  cursor: z.string().min(1).max(200).optional().openapi({ description: '`nextCursor` of the page before.' }),
});

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

export const submitHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'is to be 1 to 255 visible ASCII characters')
    .optional()
    .openapi({
      description:
        'Makes a repeated POST of the same body return the first transfer; with another body it is a 409. Remembered as long as the record.',
    }),
});
