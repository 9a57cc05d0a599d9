import * as z from 'zod';

/*
 * The events that others build on: documented in docs/events.md, held together with it by a test. Within a
 * version fields are only added.
 */

const common = z.object({
  v: z.literal(1),
  /** Equal for the same event sent twice: transfer, run, status. */
  id: z.string(),
  transferId: z.string(),
  /** 1; one more with each retry. */
  run: z.int().min(1).optional(),
  /** ISO 8601, of the sending. */
  at: z.iso.datetime(),
  /** Without any secret: user, password, query values and fragment are taken out. */
  source: z.string().optional(),
  destination: z.string().optional(),
  /** Whose transfer it is. */
  owner: z.string().optional(),
  /** The caller's own names for it. */
  labels: z.record(z.string(), z.string()).optional(),
  /** Who asked for this run, or for the cancel. Absent in the run of the submit. */
  actedBy: z.string().optional(),
});

const reason = z.object({ code: z.string(), message: z.string() });

/** About: counted by the workers, summed up where the record is written anyway. */
const used = z
  .object({
    s3Writes: z.int(),
    s3Reads: z.int(),
    queueRequests: z.int(),
    functionRuns: z.int(),
    gbSeconds: z.number(),
    events: z.int(),
    apiRequests: z.int(),
    bytes: z.int(),
  })
  .optional();

const accepted = z.object({ ...common.shape, status: z.literal('accepted') });
const retried = z.object({ ...common.shape, status: z.literal('retried') });
const planned = z.object({
  ...common.shape,
  status: z.literal('planned'),
  mode: z.enum(['single', 'pieces', 'stream']),
  /** Absent when the source does not say. */
  sizeBytes: z.int().optional(),
  pieceSizeBytes: z.int().optional(),
  pieceCount: z.int().optional(),
});
const completed = z.object({
  ...common.shape,
  status: z.literal('completed'),
  sizeBytes: z.int(),
  /** Of the whole object, 8 hex digits. */
  crc32: z.string().optional(),
  /** What proved that all bytes are of one version of the source. */
  version: z.enum(['validator', 'digest', 'one-answer', 'unverified']),
  /** Nothing proves that these are all bytes: what ended the source may have been a break. */
  end: z.literal('unproved').optional(),
  /** The digests that were proved, lower-case hex by algorithm. */
  digests: z.record(z.string(), z.string()),
  etag: z.string().optional(),
  versionId: z.string().optional(),
  /** The same version was already there; nothing was moved. */
  unchanged: z.boolean().optional(),
  used,
});
const failed = z.object({
  ...common.shape,
  status: z.literal('failed'),
  reason,
  /** ISO 8601: until then a retry goes on with the pieces that are there. */
  heldUntil: z.iso.datetime().optional(),
  used,
});
const cancelled = z.object({ ...common.shape, status: z.literal('cancelled'), reason, used });

export const transferEventDetail = z.discriminatedUnion('status', [
  accepted,
  retried,
  planned,
  completed,
  failed,
  cancelled,
]);
export type TransferEventDetail = z.infer<typeof transferEventDetail>;

const counters = z.object({
  done: z.int(),
  unchanged: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  /** Of those that were brought. */
  bytes: z.number(),
});

/** Of the life of a batch. */
export const batchEventDetail = z.object({
  v: z.literal(1),
  /** Equal for the same event sent twice: batch, run, status. */
  id: z.string(),
  batchId: z.string(),
  status: z.enum(['accepted', 'completed', 'failed', 'cancelled']),
  run: z.int().min(1),
  /** ISO 8601, of the sending. */
  at: z.iso.datetime(),
  /** Where the list is, without any secret, and where its entries go. Of `accepted`. */
  list: z.string().optional(),
  destination: z.string().optional(),
  /** Of the ends. */
  entries: z.int().optional(),
  counters: counters.optional(),
  report: z.string().optional(),
  /** Why it ended before its end. */
  reason: reason.optional(),
});
export type BatchEventDetail = z.infer<typeof batchEventDetail>;
