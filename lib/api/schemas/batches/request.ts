import * as z from 'zod';
import { patternProblem } from '../../../lists/finish/selection.ts';
import type { ListReading } from '../../../lists/options.ts';
import { LIST_FORMATS } from '../../../lists/options.ts';
import { readUrl } from '../../../values/web/read-url.ts';
import { makeDescribable } from '../describable.ts';
import { notifySchema, taskTokenSchema } from '../hooks.ts';
import { objectSchema } from '../object.ts';
import { digestsSchema } from '../options.ts';
import { sourceSchema } from '../source.ts';
import { prioritySchema } from '../standing.ts';
import { folderSchema } from './folder.ts';

makeDescribable();

/* A batch as it is submitted. Strict, as all that the API takes. */

/** Those that lists of checksums are of. */
const SUMS_ALGORITHMS = ['sha256', 'sha512', 'sha1', 'md5'] as const;

const text = z.string().min(1).max(4096);
const pattern = text.superRefine((given, context) => {
  const problem = patternProblem(given);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
const DAY_MS = 86_400_000;

const entrySchema = z
  .strictObject({
    sources: z
      .array(
        z
          .string()
          .min(1)
          .max(8192)
          .refine((url) => readUrl(url) !== undefined, 'is no URL; it looks like https://host/path'),
      )
      .min(1)
      .max(20)
      .openapi({ description: 'URLs of the same bytes, the best first.' }),
    name: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .openapi({ description: 'Under the prefix, with `/` between folders. Default: the last segment of the URL.' }),
    sizeBytes: z.int().min(0).optional().openapi({ description: 'Anything else is refused.' }),
    digests: digestsSchema.optional().openapi({ description: 'Hexadecimal. Proved before the object is visible.' }),
    headers: sourceSchema.shape.headers.openapi({ description: 'Sent with every request for it.' }),
  })
  .openapi('BatchEntry');

/** All that people say of a list; the command line (`submit --batch`) and `ListInput` have the same. */
const readingSchema = z
  .strictObject({
    format: z
      .enum(LIST_FORMATS)
      .optional()
      .openapi({ description: 'What kind of list it is (docs/lists.md). Default: recognised by name and content.' }),
    base: text.optional().openapi({ description: 'The folder that relative names lie in, a URL.' }),
    url: text.optional().openapi({ description: 'Template of the URL of an entry.' }),
    name: text.optional().openapi({ description: 'Template of its name.' }),
    size: text.optional().openapi({ description: 'Of JSON: template of its size, such as `{lfs.size}`.' }),
    digests: z
      .array(text)
      .max(100)
      .optional()
      .openapi({ description: 'Of JSON: templates of its digests, such as `sha256:{sum}`.' }),
    checksumsFrom: text.optional().openapi({
      description:
        'Template of the URL of a checksum file that has the digest of an entry; one that lacks it fails. Default: by the format.',
    }),
    items: text.optional().openapi({ description: 'Of JSON: pointer to the entries.' }),
    columns: z
      .strictObject({ url: text.optional(), name: text.optional(), size: text.optional(), digest: text.optional() })
      .optional()
      .openapi({ description: 'Of a table: names of columns, or their numbers from 1.' }),
    family: z.enum(['fastq', 'submitted', 'sra']).optional().openapi({ description: 'Of an ENA file report.' }),
    suffix: text.optional().openapi({ description: 'Of an NCBI assembly summary.' }),
    separator: text
      .optional()
      .openapi({ description: 'Of the format `multi`: what stands between the values of a cell. Default: `;`.' }),
    skipEmpty: z.array(z.string().max(4096)).max(100).optional().openapi({
      description:
        'Of a table: rows without a URL are passed over, and cells with one of these values, such as `na`, are empty too. Default: such a row fails.',
    }),
    include: z.array(pattern).max(100).optional().openapi({ description: 'Globs on names: one of them has to match.' }),
    exclude: z.array(pattern).max(100).optional().openapi({ description: 'Globs on names: none of them may match.' }),
    limit: z.int().min(1).optional().openapi({ description: 'The first so many entries.' }),
    onCollision: z.enum(['fail', 'number', 'first']).optional().openapi({
      description:
        'Two entries with one name: the list is refused (`fail`), the later one gets a number, or is left out (`first`). Default: `fail`.',
    }),
  } satisfies Record<keyof ListReading, z.ZodType>)
  .openapi('ListReading');

const placeSchema = z
  .union(
    [
      folderSchema,
      z
        .string()
        .max(4096)
        .regex(/[/\\]$/, 'does not end in "/", as the name of a folder does')
        .openapi({
          description:
            'As a text: `s3://bucket/prefix/`; where a machine serves the API, an absolute path of a folder, too.',
          example: 's3://my-bucket/in/2026/',
        }),
    ],
    'is neither a text that ends in "/", such as s3://bucket/prefix/, nor an object with bucket and prefix',
  )
  .openapi('BatchDestination');

const batchOptionsSchema = z
  .strictObject({
    ifExists: z.enum(['replace', 'fail', 'if-changed']).optional().openapi({
      description:
        'If an object exists: `replace`, `fail`, or `if-changed` (replace when the source is another version). Default: `if-changed`.',
    }),
    maxAttempts: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .openapi({ description: 'Tries of one entry that fail, before it has failed. Default: 5.' }),
    strict: z
      .boolean()
      .optional()
      .openapi({ description: 'An entry whose end nothing proves fails with `EndUnproved`. Default: false.' }),
    perHost: z
      .int()
      .min(1)
      .max(256)
      .optional()
      .openapi({ description: 'Requests to one host at a time. Default: what the host bears.' }),
    perHostPerMinute: z
      .int()
      .min(1)
      .optional()
      .openapi({ description: 'Requests to one host begun in a minute. Default: any number.' }),
    maxFailures: z
      .union([z.strictObject({ entries: z.int().min(0) }), z.strictObject({ percent: z.number().min(0).max(100) })])
      .optional()
      .openapi({
        description:
          'With more failed entries than this, `{"entries": 100}` or `{"percent": 5}`, the batch gives up. Default: any number.',
      }),
    maxDurationMs: z
      .int()
      .min(1000)
      .max(365 * DAY_MS)
      .optional()
      .openapi({ description: 'What has not been brought by then is cancelled. Default: no end.' }),
    minAgeMs: z
      .int()
      .min(1)
      .max(365 * DAY_MS)
      .optional()
      .openapi({
        description:
          'What its source changed less long ago may still be written: it is taken when it is old enough, within an hour, or has failed with `SourceTooYoung`. Default: any age.',
      }),
    checksums: z
      .array(z.enum(SUMS_ALGORITHMS))
      .min(1)
      .max(SUMS_ALGORITHMS.length)
      .refine((all) => new Set(all).size === all.length, 'names one twice')
      .optional()
      .openapi({
        description:
          'Digests of every entry, in its outcome and in a list under the prefix (`SHA256SUMS`), which `sha256sum -c` takes. Default: those of the list alone.',
      }),
    parallelism: z
      .int()
      .min(1)
      .max(256)
      .optional()
      .openapi({ description: 'Connections in all. On a machine only. Default: 16.' }),
    report: z
      .union([z.boolean(), z.string().min(1).max(4096)])
      .optional()
      .openapi({
        description:
          'A report at the destination, `piecework-report-ID.jsonl`; on a machine also where it goes: an absolute path or an `s3:` URL, CSV where that ends in `.csv`. Default: true.',
      }),
  })
  .openapi('BatchOptions');

export const batchSubmitSchema = z
  .strictObject({
    entries: z.array(entrySchema).min(1).optional().openapi({ description: 'The list itself. Either this or `list`.' }),
    list: sourceSchema
      .extend({
        url: sourceSchema.shape.url.openapi({
          description:
            'Where the list is: any source that a transfer could have; `s3:` in the buckets that this deployment reads.',
          example: 'https://host.example/list.csv',
        }),
        reading: readingSchema.optional(),
      })
      .optional()
      .openapi('BatchList', {
        description: 'Where the list is, which is read once. Its URL is treated as that of a source.',
      }),
    destination: placeSchema,
    source: sourceSchema.omit({ url: true, secretPath: true }).optional().openapi('SourceDefaults', {
      description:
        'What holds for the source of every entry, such as headers and credentials. A private key and `hostFingerprint` are for those of `sftp:`, `store` is for those of `s3:`.',
    }),
    object: objectSchema.optional(),
    options: batchOptionsSchema.optional(),
    priority: prioritySchema.optional(),
    notify: notifySchema.optional(),
    taskToken: taskTokenSchema.optional(),
  })
  .superRefine(({ entries, list }, context) => {
    if ((entries === undefined) === (list === undefined))
      context.addIssue({
        code: 'custom',
        path: ['entries'],
        message: 'is to be given, or list is: one of them, and not both',
      });
  })
  .openapi('SubmitBatchRequest');

export type SubmitBatchRequest = z.input<typeof batchSubmitSchema>;
export type SubmitBatchBody = z.output<typeof batchSubmitSchema>;
