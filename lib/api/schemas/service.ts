import { z } from '@hono/zod-openapi';
import { instant } from './transfer.ts';

/** What a home may have besides transfers. */
export const FEATURES = ['batches', 'dryRun', 'events', 'hosts', 'limits', 'pause', 'priority'] as const;

const limitsSchema = z
  .object({
    running: z.int().openapi({ description: 'Transfers side by side.' }),
    connections: z.int().openapi({ description: 'Connections to sources in all.' }),
    perHost: z.int().openapi({ description: 'Connections to one host.' }),
    limitRate: z.string().openapi({
      description: 'Bytes per second for all transfers together, as it was given; `off` = no limit.',
      example: '8:00=10MiB,18:00=off',
    }),
    rateNowBytesPerSecond: z.int().optional().openapi({ description: 'What holds now. Absent = no limit.' }),
  })
  .openapi('ServiceLimits');

export const serviceSchema = z
  .object({
    home: z.enum(['machine', 'aws']).openapi({ description: 'Where the transfers run.' }),
    version: z.string(),
    features: z.array(z.enum(FEATURES)).openapi({ description: 'What this home has besides transfers.' }),
    startedAt: instant.optional().openapi({ description: 'ISO 8601. On a machine only, as all that follows.' }),
    paused: z.boolean().optional().openapi({ description: 'All transfers are paused.' }),
    counts: z
      .object({ running: z.int(), waiting: z.int(), paused: z.int() })
      .optional()
      .openapi({ description: 'Transfers that run, wait for their turn, or were paused one by one.' }),
    limits: limitsSchema.optional(),
  })
  .openapi('Service');

export type Feature = (typeof FEATURES)[number];
export type Service = z.infer<typeof serviceSchema>;
