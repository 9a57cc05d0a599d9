import * as z from 'zod';
import { makeDescribable } from './describable.ts';
import { instant } from './transfer.ts';

makeDescribable();

const hostSchema = z
  .object({
    name: z.string().openapi({ description: 'With its port, where that is not the usual one.' }),
    connections: z
      .object({
        now: z.int().openapi({ description: 'Taken by this process.' }),
        limit: z.int().optional().openapi({ description: 'That it bears, once that was learned.' }),
      })
      .openapi({ description: 'To it, of sources.' }),
    closedUntil: instant.optional().openapi({ description: 'ISO 8601: it asked for patience until then.' }),
    bytesPerSecond: z.int().optional().openapi({ description: 'Of the last seconds.' }),
    connectionBytesPerSecond: z.int().optional().openapi({
      description: 'Of one connection, by the pieces that came last since the start of the server.',
    }),
    requests: z.int().optional().openapi({ description: 'Pieces that were begun since the start of the server.' }),
    errors: z.record(z.string(), z.int()).openapi({ description: 'Failures of pieces since then, by their code.' }),
    lastSeenAt: instant.optional().openapi({ description: 'ISO 8601: since then.' }),
  })
  .openapi('Host');

export const hostsSchema = z.object({ hosts: z.array(hostSchema) }).openapi('Hosts');

export type Hosts = z.infer<typeof hostsSchema>;
