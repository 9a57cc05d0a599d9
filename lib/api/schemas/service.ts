import * as z from 'zod';
import { makeDescribable } from './describable.ts';
import { instant } from './transfer.ts';

makeDescribable();

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

const workersSchema = z
  .object({
    fetcherMemoryMiB: z.int(),
    plannerMemoryMiB: z.int(),
    metadataMemoryMiB: z.int().openapi({ description: 'Of the API’s function and the finalizer.' }),
    architecture: z.enum(['arm64', 'x86']),
    maxFetchers: z.int(),
    piecesPerFetcher: z.int().openapi({ description: 'Pieces side by side in one fetcher, at first.' }),
    mostPerFetcher: z
      .int()
      .openapi({ description: 'The same at most, of a source that gives each connection little.' }),
    resultsWindowSeconds: z.int().openapi({ description: 'How long results are collected for one finalizer run.' }),
    hostConnections: z.int().openapi({ description: 'Connections to one host, until better is known.' }),
    pieceTimeoutSeconds: z.int().openapi({ description: 'A piece must be done in this time.' }),
  })
  .openapi('Workers');

export const serviceSchema = z
  .object({
    home: z.enum(['machine', 'aws']).openapi({ description: 'Where the transfers run.' }),
    version: z.string(),
    features: z.array(z.enum(FEATURES)).openapi({ description: 'What this home has besides transfers.' }),
    paused: z.boolean().optional().openapi({
      description: 'All transfers are paused: by `POST /v1/service/pause`, or in a deployment by its operator.',
    }),
    pausedSince: instant.optional().openapi({ description: 'ISO 8601. Of a deployment.' }),
    pausedBecause: z.string().optional().openapi({ description: 'In the words of the operator of a deployment.' }),
    workers: workersSchema.optional().openapi({
      description: 'How the functions are made, which says what transfers cost. Of a deployment only.',
    }),
    startedAt: instant.optional().openapi({ description: 'ISO 8601. On a machine only, as all that follows.' }),
    counts: z
      .object({ running: z.int(), waiting: z.int(), paused: z.int() })
      .optional()
      .openapi({ description: 'Transfers and batches that run, wait for their turn, or were paused one by one.' }),
    limits: limitsSchema.optional(),
  })
  .openapi('Service');

export type Feature = (typeof FEATURES)[number];
export type Service = z.infer<typeof serviceSchema>;
