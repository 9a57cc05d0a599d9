import * as z from 'zod';
import { DIGEST_HEX_LENGTH } from '../../transfer/digests.ts';
import { DEFAULT_OPTIONS } from '../../transfer/request.ts';
import { makeDescribable } from './describable.ts';

makeDescribable();

const WEEK_MS = 7 * 86_400_000;

const digest = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9A-Fa-f]{${length}}$`), `is not ${length} hexadecimal digits`)
    .transform((hex) => hex.toLowerCase())
    .optional();

export const digestsSchema = z.strictObject({
  sha256: digest(DIGEST_HEX_LENGTH.sha256),
  sha512: digest(DIGEST_HEX_LENGTH.sha512),
  sha1: digest(DIGEST_HEX_LENGTH.sha1),
  md5: digest(DIGEST_HEX_LENGTH.md5),
  crc32: digest(DIGEST_HEX_LENGTH.crc32),
});

const expectSchema = z
  .strictObject({
    sizeBytes: z.int().min(0).optional(),
    contentType: z
      .string()
      .regex(/^[\w!#$&^.+-]+\/([\w!#$&^.+-]+|\*)$/, 'is no media type such as image/png or image/*')
      .optional()
      .openapi({ description: 'A media type, `image/png` or `image/*`.' }),
    digests: digestsSchema.optional().openapi({ description: 'Hexadecimal. Proved before the object is visible.' }),
  })
  .openapi('Expectations');

export const optionsSchema = z
  .strictObject({
    parallelism: z
      .int()
      .min(1)
      .max(256)
      .optional()
      .openapi({ description: `Pieces in flight. Default: ${DEFAULT_OPTIONS.parallelism}.` }),
    pieceSizeBytes: z
      .int()
      .min(1)
      .optional()
      .openapi({ description: 'Within the limits of the destination. Default: by size and destination.' }),
    maxFailures: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .openapi({
        description: `Failures of one piece before the transfer fails; a wait that the source asks for is none. Default: ${DEFAULT_OPTIONS.maxFailures}.`,
      }),
    ifExists: z
      .enum(['replace', 'fail', 'if-changed'])
      .optional()
      .openapi({
        description: `If the object exists: \`replace\`, \`fail\`, or \`if-changed\` (replace when the source is another version). Default: \`${DEFAULT_OPTIONS.ifExists}\`.`,
      }),
    onSourceChange: z
      .enum(['fail', 'restart'])
      .optional()
      .openapi({
        description: `If the source changes under way: \`restart\` (once in pieces, once as one stream), or \`fail\`. Default: \`${DEFAULT_OPTIONS.onSourceChange}\`.`,
      }),
    serverSideCopy: z
      .enum(['auto', 'always', 'never'])
      .optional()
      .openapi({
        description: `Whether a store copies an object of its own by itself: \`auto\` (where it can), \`always\` (or fail), \`never\`. Default: \`${DEFAULT_OPTIONS.serverSideCopy}\`.`,
      }),
    deadlineMs: z
      .int()
      .min(1000)
      .max(WEEK_MS)
      .optional()
      .openapi({
        description: `From submit or retry to the end, at most a week. Default: ${DEFAULT_OPTIONS.deadlineMs} (24 hours).`,
      }),
    maxWaitMs: z.int().min(1000).max(WEEK_MS).optional().openapi({
      description:
        'How long the source may give nothing (it refuses, is not there, asks to wait) before the transfer ends with its last reason. Default: one hour; with the API of one machine 15 minutes.',
    }),
    holdMs: z
      .int()
      .min(0)
      .max(WEEK_MS)
      .optional()
      .openapi({
        description: `How long the pieces of a failed transfer are kept for a retry; 0 = not at all. Default: ${DEFAULT_OPTIONS.holdMs} (one hour).`,
      }),
    strict: z.boolean().optional().openapi({
      description:
        'Fail with `EndUnproved` where nothing proves the end of the source; else it is a warning, and `end` in the result. Default: false.',
    }),
    expect: expectSchema.optional(),
  })
  .openapi('TransferOptions');
