import type { ErrorCode } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import type { SeenVersion } from '../checks/stand-in.ts';
import type { Usage } from '../cost/usage.ts';
import type { Digests } from '../digests.ts';
import type { Loads } from '../loads/loads.ts';
import type { PieceSet } from '../plan/piece-set.ts';
import type { Plan } from '../plan/plan.ts';
import type { Waiting } from '../progress/waiting.ts';
import type { TransferRequest } from '../request.ts';
import type { Snapshot } from '../snapshot.ts';

/** The first four are open, the last three are ends. See `transitions.ts` for the ways between them. */
export type Status = 'accepted' | 'planning' | 'transferring' | 'finalizing' | 'completed' | 'failed' | 'cancelled';

/** The upload that the transfer's parts go to. */
export interface UploadEntry {
  readonly id: string;
  /**
   * `{transferId}.{planId}` at its creation; also stands in the object's metadata, so
   * that we know our own object again.
   */
  readonly token: string;
  /** Set when the upload goes to the staging key, for a digest to be proved before the object is visible. */
  readonly staged?: boolean;
}

/**
 * A piece that is not simply fresh: `attempt` numbers the answers to it, `failures` is its
 * budget, `waits` counts postponements.
 */
export interface Trouble {
  readonly attempt: number;
  readonly failures: number;
  readonly waits: number;
  readonly code: ErrorCode;
  /** ISO 8601: not to be sent before. */
  readonly notBefore?: string;
}

/** On the way out of `finalizing` other than to `completed`; the object's absence is still to be proved. */
export interface Ending {
  readonly to: 'failed' | 'cancelled' | 'restart';
  readonly reason: ErrorRecord;
  /** Its abort was sent; or the destination refused it. */
  readonly abortedAt?: string;
  /** The only put of this plan was refused: where no look is possible, nothing is there. */
  readonly isRefused?: boolean;
  /** Who asked for the cancel. */
  readonly actedBy?: string;
  /** Since when the destination does not let the proof be made. */
  readonly unprovedSince?: string;
}

/** An upload that must not be used again. */
export interface AbortEntry {
  readonly upload: UploadEntry;
  readonly abortedAt?: string;
}

export interface TransferResult {
  readonly sizeBytes: number;
  /** Of the whole object, 8 hex digits, combined from its pieces. */
  readonly crc32?: string;
  /**
   * What proves that all bytes are of one version: the source's validator, a digest, that they came in one answer
   * (where the source contradicted itself), or nothing.
   */
  readonly version: 'validator' | 'digest' | 'one-answer' | 'unverified';
  /** Nothing proves that these are all bytes: the source's end may have been a break. Absent = it is proved. */
  readonly end?: 'unproved';
  /** The digests that were proved. */
  readonly digests: Digests;
  /** By what the store compared what it received, where it takes no CRC32. */
  readonly checkedBy?: 'md5';
  readonly etag?: string;
  readonly versionId?: string;
  /** `if-changed` found the same version already there; nothing was moved. */
  readonly unchanged?: boolean;
}

/**
 * One transfer: what was asked, the plan, the status (protocol §1). Changed by compare-and-swap only; holds no secret.
 */
export interface TransferRecord {
  readonly v: 1;
  readonly id: string;
  /** The principal that submitted it. */
  readonly owner: string;
  /** The principal that asked for this run, or for the cancel. Absent in the run of the submit, and on one machine. */
  readonly actedBy?: string;
  /** The batch that it belongs to, and the number of its entry (0: it brings the report); on AWS its shard too. */
  readonly batch?: { readonly id: string; readonly entry: number; readonly shard?: number };
  /** A W3C `traceparent`: the span of the request that asked for it, under which all spans of it are. */
  readonly trace?: string;
  readonly request: TransferRequest;
  /** +1 at each write: equal bytes have equal ETags, and without it A → B → A goes unnoticed. */
  readonly rev: number;
  /** New at each write: an unsure write is settled by looking for it. */
  readonly writeId: string;
  /** 1; +1 at each retry. */
  readonly run: number;
  /**
   * The earlier run whose sealed source holds for this one too: a retry needs no right to
   * read it. Absent = this run's own.
   */
  readonly sealedRun?: number;
  readonly status: Status;
  readonly ending?: Ending;
  readonly createdAt: string;
  readonly deadlineAt: string;
  /** A tick does nothing before this. */
  readonly quietUntil: string;
  /** ISO 8601: since when the source has given nothing and is waited for. Absent = it gives. */
  readonly silentSince?: string;
  /** Ticks in a row that sent something again without the ledger having moved. */
  readonly requeues: number;
  /** Started over in pieces because the source changed, the upload vanished or the store answered 409; at most 1. */
  readonly restarts: number;
  /** Failures of planning and of streams, the budget `maxFailures` as for a piece. */
  readonly planFailures: number;
  /** It is to come on one connection, and waits for a worker of the streams queue. */
  readonly awaitsStream?: true;
  /** Why there is no plan yet, and when that is tried again. */
  readonly waiting?: Waiting;
  /** What one connection gave when a worker could not bring its piece in time: the next plan's pieces are smaller. */
  readonly bytesPerSecond?: number;
  /** Set once ranges turned out not to work: the next plan is a stream. */
  readonly withoutRanges?: boolean;
  /** Pieces at a time at most: the source turned more connections away. */
  readonly narrowedTo?: number;
  /** Why everything is to come in one answer: ranges contradicted each other or the plan. */
  readonly oneStream?: ErrorRecord;
  /** Why the store did not copy after all: the next plan fetches the bytes. */
  readonly copyRefused?: string;
  /** The media type before the transfer started over. */
  readonly typeBefore?: string;
  /** What was seen before the transfer started over, in this run. */
  readonly versionBefore?: SeenVersion;
  readonly snapshot?: Snapshot;
  readonly plan?: Plan;
  readonly planId?: string;
  readonly upload?: UploadEntry;
  /** The object under the staging key, from before its completion until it is deleted. */
  readonly stagedObject?: boolean;
  /**
   * Uploads of the multipart copies by which the store brings the staged object to its key, until the transfer ends.
   */
  readonly promotions?: readonly UploadEntry[];
  /** The next piece never sent. */
  readonly cursor: number;
  /** All pieces up to here are done; a hint that saves reading, never a reason to write. */
  readonly doneThrough: number;
  /**
   * Pieces after `doneThrough` that the ledger had, or that a result said it has: a hint for
   * places, and never for the end.
   */
  readonly reported?: PieceSet;
  /** What was sent to workers several at a time, of this plan. */
  readonly loads?: Loads;
  readonly trouble: Readonly<Record<string, Trouble>>;
  /** Creates that were begun and whose answer is not recorded. */
  readonly creating: readonly { readonly planId: string; readonly at: string }[];
  readonly toAbort: readonly AbortEntry[];
  /** Digests that were proved on the way, by a stream. */
  readonly proved?: Digests;
  /** What all runs have used of AWS, as far as workers have said it. Absent where it is not counted. */
  readonly used?: Usage;
  /** Bytes of it that have counted for a day of its owner, at the ends of earlier runs. Only where there are quotas. */
  readonly spentBytes?: number;
  readonly result?: TransferResult;
  readonly reason?: ErrorRecord;
  readonly endedAt?: string;
  /** A failed transfer's upload stands until then, for `retry`. */
  readonly heldUntil?: string;
  /** The end was announced. */
  readonly announced: boolean;
}

/** The status is one of the ends. */
export function isOver<R extends TransferRecord>(
  record: R,
): record is R & { readonly status: 'completed' | 'failed' | 'cancelled' } {
  return record.status === 'completed' || record.status === 'failed' || record.status === 'cancelled';
}

/** The next plan is a stream, whatever the source says of ranges. */
export function isOneStream({ withoutRanges, oneStream }: TransferRecord): boolean {
  return withoutRanges === true || oneStream !== undefined;
}

/** Stands in for a record that a submit never wrote (rule 16). */
export function isTombstone(record: TransferRecord): boolean {
  return record.status === 'failed' && record.reason?.code === 'SubmitAbandoned';
}

export function newRecord(
  id: string,
  owner: string,
  request: TransferRequest,
  now: Instant,
  more: Pick<TransferRecord, 'batch' | 'trace'> = {},
): Omit<TransferRecord, 'rev' | 'writeId'> & { readonly status: 'accepted' } {
  return {
    v: 1,
    id,
    owner,
    request,
    run: 1,
    status: 'accepted',
    createdAt: toIso(now),
    deadlineAt: toIso(now + request.options.deadlineMs),
    quietUntil: toIso(now),
    requeues: 0,
    restarts: 0,
    planFailures: 0,
    cursor: 1,
    doneThrough: 0,
    trouble: {},
    creating: [],
    toAbort: [],
    announced: false,
    ...more,
  };
}

/** Attempt that the next result of a piece must carry to count. */
export function attemptOf(record: TransferRecord, pieceNumber: number): number {
  return record.trouble[String(pieceNumber)]?.attempt ?? 1;
}

/** The run under which the source is sealed. */
export function sealedRunOf(record: TransferRecord): number {
  return record.sealedRun ?? record.run;
}

/** What is left of the work: the marker stands as long as any of it. */
export function isSettled(record: TransferRecord): boolean {
  return (
    isOver(record) &&
    record.announced &&
    record.upload === undefined &&
    record.stagedObject !== true &&
    record.toAbort.length === 0 &&
    record.creating.length === 0
  );
}

export function tokenOf(transferId: string, planId: string): string {
  return `${transferId}.${planId}`;
}

/** Of any of its plans. */
export function isTokenOf(transferId: string, token: string | undefined): boolean {
  return token?.startsWith(`${transferId}.`) === true;
}
