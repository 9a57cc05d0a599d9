import * as z from 'zod';
import { ERROR_CODES } from '../../../errors/codes.ts';
import { BATCH_STATUSES } from '../../../transfer/batch/batch-record.ts';
import { OUTCOME_KINDS } from '../../../transfer/batch/outcome.ts';
import { makeDescribable } from '../describable.ts';

makeDescribable();

/* What the API takes of batches in paths and queries. */

const cursor = z.string().min(1).max(200).optional().openapi({ description: '`nextCursor` of the page before.' });

export const batchIdSchema = z.object({
  id: z.string().openapi({
    param: { name: 'id', in: 'path' },
    description: 'Id of a batch.',
    example: '01JZ8QH5X3M9V7T2B4N6K8R0CD',
  }),
});

export const listBatchesQuerySchema = z.strictObject({
  status: z.enum(BATCH_STATUSES).optional().openapi({ description: 'Only batches with this status.' }),
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ description: 'Batches on a page at most.' }),
  cursor,
});

export const getBatchQuerySchema = z.strictObject({
  waitSeconds: z.coerce.number().int().min(0).max(20).default(0).openapi({
    type: 'integer',
    description: 'Answer only when its status has changed or an end is under way, after this time at the latest.',
  }),
});

export const outcomesQuerySchema = z.strictObject({
  kind: z.enum(OUTCOME_KINDS).optional().openapi({ description: 'Only outcomes of this kind.' }),
  code: z
    .string()
    .refine((code) => Object.hasOwn(ERROR_CODES, code), 'is no code of docs/errors.md')
    .optional()
    .openapi({ description: 'Only what failed with this code.' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100).openapi({ description: 'Outcomes on a page at most.' }),
  cursor,
});
