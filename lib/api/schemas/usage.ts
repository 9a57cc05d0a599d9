import * as z from 'zod';
import { makeDescribable } from './describable.ts';

makeDescribable();

/** What a transfer has used of AWS, by what is paid for. */
export const usageSchema = z
  .object({
    s3Writes: z.int().openapi({ description: 'PUT, COPY, POST and LIST requests; parts are among them.' }),
    s3Reads: z.int().openapi({ description: 'GET and HEAD requests.' }),
    queueRequests: z.int().openapi({ description: 'To SQS.' }),
    functionRuns: z.int(),
    gbSeconds: z.number().openapi({ description: 'Memory of the functions in GB × seconds.' }),
    events: z.int().openapi({ description: 'On the event bus.' }),
    apiRequests: z.int().openapi({ description: 'That have changed it: looks are not counted.' }),
    bytes: z.int().openapi({ description: 'That passed through the functions to the destination.' }),
  })
  .openapi('Usage');
