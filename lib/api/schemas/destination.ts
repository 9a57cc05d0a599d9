import * as z from 'zod';
import { isStagingKey } from '../../transfer/staging-key.ts';
import { makeDescribable } from './describable.ts';
import { regionSchema } from './region.ts';

makeDescribable();

/** A bucket and a key. */
export const objectPlaceSchema = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/, 'is no name of a bucket')
      .openapi({ description: 'A bucket that this deployment may write to.', example: 'my-bucket' }),
    key: z
      .string()
      .min(1)
      .superRefine((key, context) => {
        const problem = keyProblem(key);
        if (problem !== undefined) context.addIssue(problem);
      })
      .openapi({
        description:
          'The whole key of the object: at most 1,024 bytes of UTF-8, not ending in `/`, nor in `.piecework-` and an id.',
        example: 'images/disk.iso',
      }),
    region: regionSchema.optional().openapi({ description: 'Only one that the deployment allows for this bucket.' }),
    endpoint: z
      .string()
      .max(2048)
      .optional()
      .openapi({ description: 'Only one that the deployment allows for this bucket.' }),
  })
  .openapi('ObjectPlace');

export const destinationSchema = z
  .union(
    [
      objectPlaceSchema,
      z.string().min(1, 'is empty').max(4096).openapi({
        description:
          'As a text: `s3://bucket/key`, or `s3://bucket/prefix/` for the name at the end of the URL; where a machine serves the API, an absolute path, too.',
        example: 's3://my-bucket/images/disk.iso',
      }),
    ],
    'is neither a text, such as s3://bucket/key, nor an object with bucket and key',
  )
  .openapi('Destination');

/** What S3 would refuse, or clients and stores would file under another name. */
function keyProblem(key: string): string | undefined {
  const bytes = Buffer.byteLength(key);
  if (bytes > 1024) return `has ${bytes} bytes, and S3 takes at most 1,024`;
  if (!key.isWellFormed()) return 'is not valid Unicode';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are looked for
  if (/[\x00-\x1f\x7f]/.test(key)) return 'has a control character in it';
  if (key.endsWith('/')) return 'ends in "/", which names a folder; add the name of the object';
  if (key.split('/').some((segment) => segment === '.' || segment === '..'))
    return 'has "." or ".." between slashes, which clients resolve to another key';
  if (isStagingKey(key))
    return 'ends in ".piecework-" and an id, as the objects do that wait for their proof; choose another key';
  return undefined;
}
