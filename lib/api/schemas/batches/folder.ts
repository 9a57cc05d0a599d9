import * as z from 'zod';
import { makeDescribable } from '../describable.ts';
import { objectPlaceSchema } from '../destination.ts';

makeDescribable();

/** Where what a batch brings goes. */
export const folderSchema = z
  .strictObject({
    bucket: objectPlaceSchema.shape.bucket,
    prefix: z
      .string()
      .max(900)
      .superRefine((prefix, context) => {
        const problem = prefixProblem(prefix);
        if (problem !== undefined) context.addIssue(problem);
      })
      .openapi({ description: 'What names of entries are put after; empty, or ending in `/`.', example: 'in/2026/' }),
    region: objectPlaceSchema.shape.region,
    endpoint: objectPlaceSchema.shape.endpoint,
  })
  .openapi('BatchPrefix');

function prefixProblem(prefix: string): string | undefined {
  if (prefix !== '' && !prefix.endsWith('/')) return 'does not end in "/", as the name of a folder does';
  const key = objectPlaceSchema.shape.key.safeParse(`${prefix}x`);
  return key.error?.issues[0]?.message;
}
