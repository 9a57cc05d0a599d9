import * as z from 'zod';
import { COST_KINDS } from '../../transfer/cost/cost.ts';
import { makeDescribable } from './describable.ts';
import { snapshotSchema } from './snapshot.ts';
import { locatorSchema, planSchema, transferSchema } from './transfer.ts';

makeDescribable();

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
          'On a machine by what each connection to the host gave since the start of the server, and the limits as they stand; of a deployment by what one connection gave just now. Absent = it was not measured, or the source does not say its size.',
      }),
    cost: z
      .object({
        dollars: z.number().openapi({ description: 'US dollars, by list prices.' }),
        items: z
          .array(
            z.object({
              item: z.enum(COST_KINDS),
              quantity: z.number(),
              unit: z.enum(['requests', 'runs', 'GB-seconds', 'events', 'GiB']),
              dollars: z.number(),
            }),
          )
          .openapi({ description: 'Those that cost anything, the dearest first.' }),
        notIncluded: z.array(z.string()).openapi({ description: 'For people: what may be paid besides.' }),
        prices: z
          .object({ region: z.string(), asOf: z.string() })
          .openapi({ description: 'Of which Region, and when.' }),
      })
      .optional()
      .openapi({
        description:
          'What it would cost on AWS, about: a model, without free tiers. Without the bytes where the source does not say its size. Of a deployment only.',
      }),
  })
  .openapi('DryRun', { description: 'What a submit would come to. Nothing was fetched and nothing stored.' });

export type DryRun = z.infer<typeof dryRunSchema>;
