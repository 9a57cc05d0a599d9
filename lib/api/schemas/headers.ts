import * as z from 'zod';
import { makeDescribable } from './describable.ts';

makeDescribable();

/* Headers of answers, as they are sent and described. */

const requestId = z.string().openapi({ description: 'Of this request, as in the log of the home that answers.' });

export const ANSWER_HEADERS = z.object({ 'X-Request-Id': requestId });

/** Of what may be waited for. */
export const LOOK_HEADERS = z.object({
  'X-Request-Id': requestId,
  'Retry-After': z.string().optional().openapi({
    description:
      'With `waitSeconds`: too many requests wait already, so this one was answered at once; come again after so many seconds.',
  }),
});

export const PROBLEM_HEADERS = z.object({
  'X-Request-Id': requestId,
  'Retry-After': z
    .string()
    .optional()
    .openapi({ description: 'With 429 and 503: seconds to wait before the same request.' }),
});

/** @param of what is found at `Location` */
export function submitHeaders(of: string) {
  return z.object({
    'X-Request-Id': requestId,
    Location: z.string().openapi({ description: `Path of the ${of}.` }),
    'Idempotent-Replayed': z
      .enum(['true'])
      .optional()
      .openapi({
        description: `The key was used before: this is the ${of} of that request, as it now is. Absent = it is a new one.`,
      }),
  });
}

export const reportHeaders = z.object({
  'X-Request-Id': requestId,
  Location: z.string().openapi({ description: 'A signed link.' }),
});
