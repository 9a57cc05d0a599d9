import * as z from 'zod';
import { makeDescribable } from './describable.ts';

makeDescribable();

/* What a submit says beside its body. */

export const dryRunQuerySchema = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .openapi({
      type: 'boolean',
      description: 'Take nothing on: ask the source, and answer what the transfer would be. Default: false.',
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
