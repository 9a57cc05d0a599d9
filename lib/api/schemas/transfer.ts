import * as z from 'zod';
import type { ErrorCode } from '../../errors/codes.ts';
import { ERROR_CODES } from '../../errors/codes.ts';
import { QUOTA_NAMES } from '../../transfer/quotas.ts';
import { TIMELINE_KINDS } from '../live.ts';
import { makeDescribable } from './describable.ts';
import { shownHooksSchema } from './hooks.ts';
import { snapshotSchema } from './snapshot.ts';
import { STATUSES } from './statuses.ts';
import { usageSchema } from './usage.ts';

makeDescribable();

/* What the API answers. Fields may be added; a reader ignores those that it doesn't know. */

export const instant = z.string().openapi({ description: 'ISO 8601.', example: '2026-05-01T12:00:00.000Z' });
export const errorCode = z
  .enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])
  .openapi('ErrorCode', { description: 'Stable; docs/errors.md explains each.' });

export const reasonSchema = z
  .object({
    code: errorCode,
    message: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .openapi('Reason');

export const locatorSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('s3'),
      bucket: z.string(),
      key: z.string(),
      endpoint: z.string().optional(),
      region: z.string().optional(),
      pathStyle: z.boolean().optional(),
    }),
    z.object({ kind: z.literal('file'), path: z.string() }),
    z.object({ kind: z.literal('stdout') }),
  ])
  .openapi('DestinationView');

const digestsSchema = z.record(z.string(), z.string()).openapi({ description: 'Hexadecimal, by algorithm.' });

export const planSchema = z
  .object({
    mode: z.enum(['single', 'pieces', 'stream']),
    sizeBytes: z.int().optional(),
    pieceSizeBytes: z.int().optional(),
    pieceCount: z.int().optional(),
    serverSideCopy: z
      .boolean()
      .optional()
      .openapi({ description: 'The store copies the pieces by itself: no byte passes through Piecework.' }),
  })
  .openapi('Plan');

const resultSchema = z
  .object({
    sizeBytes: z.int(),
    crc32: z.string().optional().openapi({ description: 'Of the whole object, 8 hexadecimal digits.' }),
    version: z.enum(['validator', 'digest', 'one-answer', 'unverified']).openapi({
      description:
        'What proves that all bytes are of one version of the source; `one-answer`: it contradicted itself, and all of them came in one answer.',
    }),
    end: z.literal('unproved').optional().openapi({
      description: 'Nothing proves that these are all bytes: what ended the source may have been a break.',
    }),
    digests: digestsSchema,
    etag: z.string().optional(),
    versionId: z.string().optional(),
    unchanged: z
      .boolean()
      .optional()
      .openapi({ description: 'The same version was there already; nothing was moved.' }),
  })
  .openapi('Result');

const waitingSchema = z
  .object({
    reason: reasonSchema,
    since: instant.openapi({ description: 'ISO 8601: when the first of these tries failed.' }),
    nextTryAt: instant.openapi({ description: 'ISO 8601; in the past while a try is under way.' }),
    tries: z.int().openapi({ description: 'That did not succeed, in a row.' }),
    advice: z.string().openapi({ description: 'What a person can do meanwhile.' }),
  })
  .openapi('Waiting');

const progressSchema = z
  .object({
    doneBytes: z.int().optional().openapi({ description: 'Bytes of the pieces that are in the ledger.' }),
    receivedBytes: z.int().optional().openapi({
      description: 'With those of pieces that are not done yet; where it runs in the process that answers.',
    }),
    sizeBytes: z.int().optional(),
    percent: z.int().optional().openapi({ description: 'Whole percent; 100 only when every piece is there.' }),
    bytesPerSecond: z.int().optional().openapi({
      description: 'Of the last minute, or longer where pieces are few; of the last seconds where `receivedBytes` is.',
    }),
    remainingSeconds: z.int().optional().openapi({ description: 'At that speed.' }),
  })
  .openapi('Progress');

export const transferSchema = z
  .object({
    id: z.string(),
    owner: z.string().openapi({ description: 'Who submitted it.' }),
    batch: z
      .object({ id: z.string(), entry: z.int() })
      .optional()
      .openapi({ description: 'The batch that it is a large entry of, and the number of that entry.' }),
    actedBy: z
      .string()
      .optional()
      .openapi({ description: 'Who asked for this run, or for the cancel. Absent in the run of the submit.' }),
    status: z.enum(STATUSES),
    run: z.int().openapi({ description: '1, and one more with each retry.' }),
    source: z.object({
      url: z.string().openapi({
        description:
          'Of this run: a retry may give another. Without user, password, the values of its query and tokens of a known shape in its path.',
      }),
      withheld: z
        .boolean()
        .openapi({ description: 'Something was left out: a secret, or a server or store of its own.' }),
      secretPath: z.literal(true).optional().openapi({ description: 'Its path was left out as well.' }),
    }),
    destination: locatorSchema,
    labels: z.record(z.string(), z.string()).optional().openapi({ description: 'As they were submitted.' }),
    createdAt: instant,
    deadlineAt: instant,
    notified: shownHooksSchema.optional(),
    endedAt: instant.optional(),
    heldUntil: instant
      .optional()
      .openapi({ description: 'A failed transfer keeps its pieces for a retry until then.' }),
    ending: z
      .enum(['failed', 'cancelled', 'restart'])
      .optional()
      .openapi({ description: 'What a transfer in `finalizing` is about to become, unless its completion wins.' }),
    progress: progressSchema.optional().openapi({ description: 'Of those that run in the process that answers.' }),
    paused: z
      .literal(true)
      .optional()
      .openapi({ description: 'It was paused, and goes on when it is resumed. On a machine only.' }),
    priority: z.int().optional().openapi({ description: 'Higher runs first; absent = 0. On a machine only.' }),
    waitingPosition: z
      .int()
      .optional()
      .openapi({ description: 'It waits for its turn, and is the next one with 1. On a machine only.' }),
    waiting: waitingSchema.optional().openapi({ description: 'Why it has no plan yet, and when that is tried again.' }),
    warnings: z.array(z.string()).optional().openapi({ description: 'Of the plan, for people. Absent = none.' }),
    plan: planSchema.optional(),
    used: usageSchema.optional().openapi({
      description:
        'What all runs have used of AWS, about: counted by the workers, summed up where the record is written anyway. Of a deployment only.',
    }),
    result: resultSchema.optional(),
    reason: reasonSchema.optional().openapi({ description: 'Why it failed or was cancelled.' }),
    links: z.object({ self: z.string(), cancel: z.string(), retry: z.string() }),
  })
  .openapi('Transfer');

export const troubleSchema = z
  .object({
    pieceNumber: z.int(),
    attempt: z.int(),
    failures: z.int(),
    waits: z.int().openapi({ description: 'How often it was put off because the source asked to wait.' }),
    code: errorCode,
    notBefore: instant.optional(),
  })
  .openapi('PieceInTrouble');

export const inFlightSchema = z
  .object({
    pieceNumber: z.int(),
    doneBytes: z.int().optional().openapi({ description: 'That have come.' }),
    sizeBytes: z.int().optional(),
    connection: z.string().optional().openapi({
      description:
        '`host#3`: on the third of the connections to that host. Absent once all its bytes are here, and where it is fetched elsewhere.',
      example: 'host.example#3',
    }),
    startedAt: instant.optional(),
    rescue: z
      .literal(true)
      .optional()
      .openapi({ description: 'Much slower than the others: what it lacks is asked for on a second connection, too.' }),
  })
  .openapi('PieceInFlight');

const timelineSchema = z
  .object({
    at: instant,
    kind: z.enum(TIMELINE_KINDS),
    text: z.string().openapi({ description: 'For people.' }),
    pieceNumber: z.int().optional(),
    code: errorCode.optional(),
    count: z
      .int()
      .optional()
      .openapi({ description: 'So often in a row; `at` is the time of the last. Absent = once.' }),
  })
  .openapi('TimelineEntry');

/** Linters of documents want to see what a list has, also where each place is described by itself. */
const pieceRange = z.tuple([z.int(), z.int()]).openapi({
  type: 'array',
  items: { type: 'integer' },
  minItems: 2,
  maxItems: 2,
});

const piecesSchema = z
  .object({
    count: z.int(),
    doneCount: z.int(),
    inFlightCount: z.int().openapi({ description: 'Sent to fetchers and not done.' }),
    inFlight: z.array(inFlightSchema).optional().openapi({
      description:
        'The first 256 of the pieces that are being fetched. A deployment says which, and not how far each is.',
    }),
    doneRanges: z.array(pieceRange).openapi({
      description: 'The piece map: done pieces as runs, `[first, last]`, numbered from 1.',
      example: [
        [1, 37],
        [40, 40],
      ],
    }),
    troubleCount: z.int(),
    trouble: z
      .array(troubleSchema)
      .openapi({ description: 'The first 100 pieces that failed or were put off and are not done yet.' }),
  })
  .openapi('Pieces');

export const transferDetailSchema = transferSchema
  .extend({
    progress: progressSchema,
    pieces: piecesSchema.optional().openapi({
      description: 'Read from the ledger. Absent before planning, for `single` and `stream`, and after the end.',
    }),
    piecesUnavailable: reasonSchema.optional().openapi({ description: 'Why the ledger could not be read.' }),
    snapshot: snapshotSchema.optional(),
    timeline: z.array(timelineSchema).optional().openapi({
      description:
        'What happened, the oldest first: the last 200 entries. A server on a machine remembers them since its start; the rest follows from the record.',
    }),
    command: z.string().optional().openapi({
      description: 'What a person types for the same, without anything secret: that is to be given again.',
    }),
  })
  .openapi('TransferDetail');

export const transferPageSchema = z
  .object({
    transfers: z.array(transferSchema).openapi({
      description: 'Newest first. A page may hold fewer than `limit`, even none, and others still follow.',
    }),
    nextCursor: z.string().optional().openapi({ description: 'Absent on the last page.' }),
  })
  .openapi('TransferPage');

export const healthSchema = z.object({ status: z.literal('ok'), version: z.string() }).openapi('Health');

export const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:piecework:error:TransferNotFound' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: errorCode,
    errors: z
      .array(
        z.object({
          pointer: z.string().optional(),
          parameter: z.string().optional(),
          header: z.string().optional(),
          detail: z.string(),
        }),
      )
      .optional()
      .openapi({
        description: 'Each field that is wrong: `pointer` into the body (RFC 6901), or the parameter or header.',
      }),
    allowed: z.array(z.string()).optional().openapi({
      description:
        'Destinations that this deployment may write to; where owners have places of their own, the caller’s.',
    }),
    quota: z
      .object({ name: z.enum(QUOTA_NAMES), limit: z.int(), used: z.int() })
      .optional()
      .openapi({ description: 'Of the caller, which is used up; `Retry-After` says when to come again.' }),
    requestId: z.string().optional().openapi({
      description: 'Of this request, as in the header `X-Request-Id` and in the log: name it to the operator.',
    }),
  })
  .openapi('Problem', { description: 'RFC 9457, `application/problem+json`.' });

export type Transfer = z.infer<typeof transferSchema>;
export type TransferDetail = z.infer<typeof transferDetailSchema>;
export type TransferPage = z.infer<typeof transferPageSchema>;
export type Health = z.infer<typeof healthSchema>;
export type Problem = z.infer<typeof problemSchema>;
