import * as z from 'zod';
import type { ErrorCode } from '../../errors/codes.ts';
import { ERROR_CODES } from '../../errors/codes.ts';
import { WHOLE_ID } from '../../values/text/whole-id.ts';
import { makeDescribable } from './describable.ts';
import { labelFilterSchema } from './labels.ts';
import type { STATUSES } from './statuses.ts';
import { ACTIVE, STATUS_WORDS } from './statuses.ts';

makeDescribable();

/* Which transfers of a list are wanted. */

const statusesSchema = z
  .string()
  .transform((text, context) => {
    const words = text.split(',');
    const isWord = (word: string): word is (typeof STATUS_WORDS)[number] =>
      STATUS_WORDS.some((known) => known === word);
    if (words.every(isWord))
      return new Set<(typeof STATUSES)[number]>(words.flatMap((word) => (word === 'active' ? ACTIVE : [word])));
    context.addIssue({
      code: 'custom',
      message: `is to be of ${STATUS_WORDS.join(', ')}, with commas between several`,
    });
    return z.NEVER;
  })
  .optional()
  .openapi({
    type: 'string',
    description: `Only transfers with one of these statuses, commas between them: ${STATUS_WORDS.join(', ')}; \`active\` = not over.`,
    example: 'failed,cancelled',
  });

/** With a time zone, as `2026-05-01T12:00:00Z`. */
const instantSchema = z.iso.datetime({ offset: true, error: 'is no time such as 2026-05-01T12:00:00Z' });

export const listQuerySchema = z.strictObject({
  status: statusesSchema,
  search: z.string().min(1).max(500).optional().openapi({
    description: 'Only those with this text in their id, their URL as it is shown, or their destination.',
  }),
  host: z.string().min(1).max(300).optional().openapi({ description: 'Only those whose source is at this host.' }),
  code: z
    .enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])
    .optional()
    .openapi({
      type: 'string',
      description: 'Only those that failed, or that wait or have pieces in trouble, for this reason.',
    }),
  label: labelFilterSchema.optional().openapi({
    type: 'string',
    description: 'Only those with this label, or all of several with commas between them: `NAME`, or `NAME=VALUE`.',
    example: 'team=files,nightly',
  }),
  prefix: z
    .string()
    .min(1)
    .max(2000)
    .optional()
    .openapi({ description: 'Only those whose destination begins so.', example: 's3://my-bucket/images/' }),
  since: instantSchema.optional().openapi({ description: 'Only those that were submitted then or later, ISO 8601.' }),
  until: instantSchema.optional().openapi({ description: 'Only those that were submitted then or before, ISO 8601.' }),
  batch: z
    .string()
    .regex(WHOLE_ID, 'is no id of a batch')
    .optional()
    .openapi({ description: 'The transfers that large entries of this batch are. Without it they are left out.' }),
  limit: z.coerce.number().int().min(1).max(500).default(50).openapi({ description: 'Transfers on a page at most.' }),
  cursor: z.string().min(1).max(200).optional().openapi({ description: '`nextCursor` of the page before.' }),
});
