import * as z from 'zod';
import { BATCH_STATUSES } from '../../../transfer/batch/batch-record.ts';
import { OUTCOME_KINDS } from '../../../transfer/batch/outcome.ts';
import { makeDescribable } from '../describable.ts';
import { shownHooksSchema } from '../hooks.ts';
import { errorCode, instant, reasonSchema } from '../transfer.ts';

makeDescribable();

/* What the API answers of batches. Fields may be added; a reader ignores those that it doesn't know. */

const countersSchema = z
  .object({
    done: z.int().openapi({ description: 'They were brought, whole and verified.' }),
    unchanged: z.int().openapi({ description: 'What was there is the version that the source has.' }),
    failed: z.int(),
    cancelled: z.int().openapi({ description: 'The batch ended before it came to them.' }),
    bytes: z.int().openapi({ description: 'Of those that were brought.' }),
  })
  .openapi('BatchCounters', { description: 'Sums over outcomes.' });

const outcomeSchema = z
  .object({
    entry: z.int().openapi({ description: 'Its number in the list, from 1.' }),
    kind: z.enum(OUTCOME_KINDS),
    name: z.string().openapi({ description: 'Under the prefix; empty where the line gave none.' }),
    source: z.string().openapi({ description: 'Without secrets.' }),
    sizeBytes: z.int().optional(),
    digests: z.record(z.string(), z.string()).optional().openapi({ description: 'Hexadecimal, by algorithm.' }),
    etag: z.string().optional(),
    elapsedMs: z.int().optional(),
    failures: z.int().optional().openapi({ description: 'Tries that failed.' }),
    error: reasonSchema.optional(),
  })
  .openapi('Outcome');

export const batchSchema = z
  .object({
    id: z.string(),
    owner: z.string().openapi({ description: 'Who submitted it.' }),
    actedBy: z
      .string()
      .optional()
      .openapi({ description: 'Who asked for this run, or for the cancel. Absent in the run of the submit.' }),
    status: z.enum(BATCH_STATUSES).openapi({ description: '`accepted`: its list is being read.' }),
    run: z.int().openapi({ description: '1, and one more with each retry.' }),
    list: z
      .object({
        from: z.string().openapi({ description: 'Where it was read from; without secrets.' }),
        format: z.string().optional(),
        sha256: z.string().optional().openapi({ description: 'Of its bytes, hexadecimal.' }),
        entries: z.int().optional(),
        notes: z
          .array(z.string())
          .optional()
          .openapi({ description: 'What was passed over in it, such as a digest that is not proved.' }),
      })
      .openapi({ description: 'What is not known yet is absent.' }),
    destination: z.string().openapi({ description: 'Such as `s3://bucket/prefix/`.' }),
    createdAt: instant,
    notified: shownHooksSchema.optional(),
    runAt: instant.optional().openapi({ description: 'ISO 8601: when this run was asked for.' }),
    endedAt: instant.optional(),
    heldUntil: instant.optional().openapi({ description: 'ISO 8601: until then what failed can be run again.' }),
    ending: reasonSchema
      .optional()
      .openapi({ description: 'Why it is being ended early; what is under way is wound up.' }),
    reason: reasonSchema.optional().openapi({ description: 'Why it ended early. Absent = it did not.' }),
    counters: countersSchema.optional(),
    paused: z
      .boolean()
      .optional()
      .openapi({ description: 'It was paused, and begins nothing more before it is resumed. On a machine only.' }),
    priority: z.int().optional().openapi({ description: 'Higher runs first; absent = 0. On a machine only.' }),
    waitingPosition: z.int().optional().openapi({
      description: 'It waits for its turn, and is the next one of the batches with 1. On a machine only.',
    }),
    report: z.string().optional().openapi({ description: 'Where the report is, once it is written.' }),
    links: z.object({
      self: z.string(),
      outcomes: z.string(),
      report: z.string(),
      transfers: z.string().openapi({ description: 'Of large entries.' }),
      cancel: z.string(),
      retry: z.string(),
    }),
  })
  .openapi('Batch');

export const batchDetailSchema = batchSchema
  .extend({
    counters: countersSchema,
    failures: z
      .array(
        z.object({
          code: errorCode,
          count: z.int(),
          examples: z.array(outcomeSchema).openapi({ description: 'The first few.' }),
        }),
      )
      .openapi({ description: 'Failures by their cause, the most frequent first.' }),
    progress: z
      .object({
        percent: z
          .int()
          .optional()
          .openapi({ description: 'Whole percent of the entries; 100 only when each has its outcome.' }),
        entriesPerSecond: z
          .number()
          .optional()
          .openapi({ description: 'Since it was submitted; absent after a retry.' }),
        bytesPerSecond: z.int().optional(),
        remainingSeconds: z.int().optional().openapi({ description: 'At that speed.' }),
      })
      .openapi('BatchProgress', { description: 'By the outcomes of shards (up to 256 entries) that are complete.' }),
    hosts: z
      .array(
        z.object({
          host: z.string().openapi({ description: 'Empty: entries of several hosts that have few each.' }),
          waitingShards: z.int(),
          inFlightShards: z.int(),
          places: z.int().openapi({ description: 'Connections that the batch may have there.' }),
          closedUntil: instant.optional().openapi({ description: 'ISO 8601: it asked for patience until then.' }),
        }),
      )
      .openapi({ description: 'Those that are not through. Empty before the list is read, and after the end.' }),
    openLarge: z
      .int()
      .openapi({ description: 'Large entries that have no outcome yet: they are transfers of their own.' }),
  })
  .openapi('BatchDetail');

export const batchPageSchema = z
  .object({
    batches: z.array(batchSchema).openapi({
      description: 'Newest first. A page may hold fewer than `limit`, even none, and others still follow.',
    }),
    nextCursor: z.string().optional().openapi({ description: 'Absent on the last page.' }),
  })
  .openapi('BatchPage');

export const outcomesPageSchema = z
  .object({
    outcomes: z.array(outcomeSchema).openapi({
      description:
        'Shard by shard, in list order within one. A page may hold fewer than `limit`, even none, and others still follow.',
    }),
    nextCursor: z.string().optional().openapi({ description: 'Absent on the last page.' }),
  })
  .openapi('OutcomePage');

export type Batch = z.infer<typeof batchSchema>;
export type BatchDetail = z.infer<typeof batchDetailSchema>;
export type BatchPage = z.infer<typeof batchPageSchema>;
export type OutcomePage = z.infer<typeof outcomesPageSchema>;
