import * as z from 'zod';
import { parseRateTimetable } from '../../values/rate-timetable.ts';
import { makeDescribable } from './describable.ts';

makeDescribable();

const RATE =
  'is to be bytes per second such as 10MiB, off, or a timetable such as 8:00=10MiB,18:00=off or Mon-Fri 8:00=1MiB,Sat 0:00=off';

const LIMITS_GIVEN = {
  running: 'Transfers side by side.',
  connections: 'Connections to sources in all.',
  perHost: 'Connections to one host.',
} as const;

export const changeLimitsSchema = z
  .strictObject({
    running: z.int().min(1).max(1000).optional().openapi({ description: LIMITS_GIVEN.running }),
    connections: z.int().min(1).max(10_000).optional().openapi({ description: LIMITS_GIVEN.connections }),
    perHost: z.int().min(1).max(1000).optional().openapi({ description: LIMITS_GIVEN.perHost }),
    limitRate: z
      .string()
      .max(1000)
      .refine((text) => parseRateTimetable(text) !== undefined, RATE)
      .optional()
      .openapi({ description: 'Bytes per second, a timetable by the time of the machine, or `off`.' }),
  })
  .openapi('LimitsRequest');

/** What is to be another than before. */
export type LimitsBody = z.output<typeof changeLimitsSchema>;
