import { z } from '@hono/zod-openapi';
import { snapshotSchema } from './snapshot.ts';
import { locatorSchema, planSchema, transferSchema } from './transfer.ts';

export const dryRunQuerySchema = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .openapi({
      type: 'boolean',
      description:
        'Take nothing on: ask the source, and answer what the transfer would be. On a machine only. Default: false.',
    }),
});

export const dryRunSchema = z
  .object({
    source: transferSchema.shape.source,
    finalUrl: z.string().openapi({ description: 'Where redirects led; without secrets.' }),
    httpStatus: z.int().optional().openapi({ description: 'Of the answer, where the source speaks HTTP.' }),
    snapshot: snapshotSchema,
    destination: locatorSchema,
    exists: z.boolean().openapi({ description: 'Something is there already: `ifExists` says what becomes of it.' }),
    plan: planSchema,
    warnings: z.array(z.string()).openapi({ description: 'For people.' }),
    estimate: z
      .object({
        bytesPerSecond: z.int(),
        seconds: z.int().openapi({ description: 'From its start to its end.' }),
      })
      .optional()
      .openapi({
        description:
          'By what each connection to the host gave since the start of the server, and the limits as they stand. Absent = nothing was fetched from it, or it does not say its size.',
      }),
  })
  .openapi('DryRun', { description: 'What a submit would come to. Nothing was fetched and nothing stored.' });

export type DryRun = z.infer<typeof dryRunSchema>;
