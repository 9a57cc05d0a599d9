import type { LookupFunction } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Hosts } from '../api/schemas/hosts.ts';
import type { DirectWrites } from '../destinations/file/upload/direct.ts';
import type { ListQuery, TransferStatus } from '../pipeline/requests/query.ts';
import type { BatchRecord } from '../transfer/batch/batch-record.ts';
import type { Webhook } from '../transfer/hooks.ts';
import type { DestinationLocator, SourceLocator, SourceStore } from '../transfer/locators.ts';
import type { PlanPolicy } from '../transfer/plan/divide-pieces.ts';
import type { Plan } from '../transfer/plan/plan.ts';
import type { PieceworkEvent } from '../transfer/progress/events.ts';
import type { TransferRecord, TransferResult } from '../transfer/record/record.ts';
import type { ObjectSettings, TransferOptions } from '../transfer/request.ts';
import type { BackoffPolicy } from '../transfer/retry.ts';
import type { Snapshot } from '../transfer/snapshot.ts';
import type { BatchReport, BatchRequest, BatchRun, CleanedBatches, LocalBatch, LocalBatchStatus } from './batch/api.ts';
import type { BatchPlan } from './batch/dry-run/plan.ts';
import type { ServeOptions } from './server/api.ts';

/** What one machine needs to know once; everything has a default. */
export interface LocalOptions {
  /** Records and locks. @default $XDG_STATE_HOME/piecework, else ~/.local/state/piecework */
  readonly stateDir?: string;
  readonly http?: HttpOptions;
  readonly s3?: S3Options;
  /** Where `s3:` sources are, apart from the destination. @default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS */
  readonly sourceS3?: SourceStore;
  readonly ssh?: SshOptions;
  /** Look up user and password of a host in the file that NETRC names, else in ~/.netrc. @default false */
  readonly netrc?: boolean;
  /**
   * Waits before a failed piece or a failed probe is tried again; what the source itself asks for is obeyed in full.
   * @default 0.5 s, doubling up to 30 s
   */
  readonly backoff?: BackoffPolicy;
  /**
   * Bytes per second for all pieces together; a text may be a timetable by the time of this machine,
   * `8:00=10MiB,18:00=off` or `Mon-Fri 8:00=1MiB,Sat 0:00=off`. @default no limit
   */
  readonly limitRate?: number | string;
  /** Connections to sources in all. @default 64, or as many as one transfer was asked to have */
  readonly connections?: number;
  /** Connections to one host. @default 16, or as many as one transfer was asked to have */
  readonly perHost?: number;
  /** Ask once more, on another connection, for what a piece lacks that is much slower than the others. @default true */
  readonly rescue?: boolean;
  /**
   * Bytes of files go to the disk past the system's cache, on Linux: half the CPU, and what others read stays in the
   * cache; but who reads the file right afterwards waits for the disk. `auto`: files larger than a quarter of the
   * memory that is available, on ext4 and XFS, unless they are read once more to prove a digest. @default 'auto'
   */
  readonly directWrites?: DirectWrites;
  /**
   * Transfers that run side by side at most; others wait for their turn, first come, first served. They share
   * connections and body memory evenly, so this is about how soon a small one comes to its turn, not about speed.
   * @default 16
   */
  readonly running?: number;
  /** Notified of each end of a transfer or batch that names no webhook of its own. @default no one */
  readonly notify?: Webhook;
  /** Every event, in order, as it happens; must not throw. */
  readonly onEvent?: (event: PieceworkEvent) => void;
  /** Where `-` goes. @default process.stdout */
  readonly stdout?: Writable;
  /** Where the source `-` comes from. @default process.stdin */
  readonly stdin?: Readable;
}

export interface HttpOptions {
  /** @default 10 s */
  readonly connectTimeoutMs?: number;
  /** From request to the answer's head. @default 30 s */
  readonly headersTimeoutMs?: number;
  /** A body that gives nothing for this long is broken off. @default 30 s */
  readonly stallTimeoutMs?: number;
  /** A piece slower than this over a whole stall time is broken off. @default no minimum */
  readonly minBytesPerSecond?: number;
  /** PEM file of certificate authorities that are trusted besides the system's. */
  readonly caFile?: string;
  /** How sources know us; a `user-agent` of a source comes first. @default `piecework/` and the version */
  readonly userAgent?: string;
  /** Resolves host names of direct connections, or refuses them, in place of `dns.lookup`. */
  readonly lookup?: LookupFunction;
  /** @default HTTP_PROXY, HTTPS_PROXY, NO_PROXY of the environment */
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly no?: string };
}

/** For `sftp:` sources. */
export interface SshOptions {
  /** Private key. @default the agent of SSH_AUTH_SOCK, then ~/.ssh/id_ed25519, id_ecdsa, id_rsa */
  readonly identityFile?: string;
  /** Of that key; `secret://name` is looked up. */
  readonly passphrase?: string;
  /** @default ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts */
  readonly knownHostsFile?: string;
}

export interface S3Options {
  /** Of an S3-compatible store. @default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS */
  readonly endpointUrl?: string;
  /** @default the profile's, AWS_REGION */
  readonly region?: string;
  /** @default true with an endpoint URL */
  readonly pathStyle?: boolean;
  readonly profile?: string;
  readonly caFile?: string;
  /** From a question to its answer, and to the end of an answer that is not an object. @default 120 s */
  readonly answerTimeoutMs?: number;
}

export interface CopyRequest {
  readonly source: SourceLocator;
  /**
   * `s3://bucket/key`, `s3://bucket/prefix/`, a path, a folder (existing, or with a trailing `/`), `-` for stdout.
   * @default the current folder
   */
  readonly destination?: string;
  readonly object?: ObjectSettings;
  readonly options?: Partial<TransferOptions>;
  /** Notified of the end. @default the one of `LocalOptions` */
  readonly notify?: Webhook;
  /** Give up an unfinished transfer to this destination and begin anew. @default false */
  readonly restart?: boolean;
}

export interface CopyReport {
  readonly transferId: string;
  readonly destination: DestinationLocator;
  readonly result: TransferResult;
  readonly plan?: Plan;
  readonly snapshot?: Snapshot;
  /** From the start of this run. */
  readonly elapsedMs: number;
  /** Bytes that passed through here in this run: less than the size after a resume, none in a server-side copy. */
  readonly fetchedBytes: number;
  /** Pieces that an earlier run had brought already. */
  readonly resumedPieces: number;
}

export interface PlanReport {
  /** Redacted. */
  readonly source: string;
  /** Redacted; where redirects led. */
  readonly finalUrl: string;
  /** Of the answer, where the source speaks HTTP. */
  readonly httpStatus?: number;
  readonly destination: DestinationLocator;
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  readonly warnings: readonly string[];
  /** What `ifExists` would do. */
  readonly exists: boolean;
}

/** Another home, as far as a plan for it depends on it. */
export interface OtherHome {
  readonly policy: PlanPolicy;
  /** Of one connection to the source, there. @default what is measured from here: up to 4 MiB are read, or 3 s */
  readonly bytesPerSecond?: number;
}

/** Of a plan for another home; whether the object exists there was not asked. */
export interface PlanForReport extends Omit<PlanReport, 'exists'> {
  /** Of one connection from here to the source, where the source is fetched in pieces. */
  readonly bytesPerSecond?: number;
}

/** One transfer as `list` and `status` show it. */
export interface LocalStatus extends TransferStatus {
  /** A process on this machine is at work on it. An open transfer that is not running was interrupted, or is paused. */
  readonly isRunning: boolean;
  /** It was paused in a server: that goes on with it when it is resumed. Absent = it was not. */
  readonly isPaused?: true;
}

export interface CleanReport {
  /** Transfers that were given up; their uploads and temporary files are gone. */
  readonly cleaned: readonly TransferRecord[];
  /** What could not be cleaned, and why: `clean` again when it is mended. */
  readonly failed: readonly { readonly transferId: string; readonly error: Error }[];
  /** Left alone because they are running, or paused in a server. */
  readonly running: readonly string[];
  /** Ended transfers whose records are gone now. */
  readonly forgotten: readonly string[];
  readonly batches: CleanedBatches;
}

/**
 * Piecework on one machine. Functions reject with `PieceworkError` only, and with
 * `Interrupted` when their signal is aborted.
 */
export interface Local extends AsyncDisposable {
  /** Brings the source to the destination; goes on with an unfinished transfer of the same source to the same place. */
  copy(request: CopyRequest, signal?: AbortSignal): Promise<CopyReport>;
  /**
   * Brings the sources of a list into a folder or under a prefix. The same list to the same place goes on with what an
   * interrupted run left. What becomes of an entry is its outcome: iterate over them, or await the report. Rejects with
   * what ends the whole batch.
   */
  batch(request: BatchRequest, signal?: AbortSignal): BatchRun;
  /** All batches, newest first. */
  listBatches(): Promise<readonly LocalBatch[]>;
  /** What became of its entries so far. Rejects with `BatchNotFound` where there is none. */
  batchStatus(batchId: string): Promise<LocalBatchStatus>;
  /**
   * Ends a batch: entries without an outcome are cancelled, its open transfers too. Where another process works on it,
   * that does so within a second, and `ending` says so; else it has ended when this resolves.
   */
  cancelBatch(batchId: string, signal?: AbortSignal): Promise<BatchRecord>;
  /** Runs again what failed, was cancelled or was not begun, and nothing else. The list is not read again. */
  retryBatch(batchId: string, options?: Pick<BatchRequest, 'onEvent'>, signal?: AbortSignal): Promise<BatchReport>;
  /** Reads the list, asks for each entry and says what `batch` would do; nothing is written. */
  planBatch(request: BatchRequest, signal?: AbortSignal): Promise<BatchPlan>;
  /** Asks the source and says what `copy` would do; nothing is written. */
  plan(request: CopyRequest, signal?: AbortSignal): Promise<PlanReport>;
  /**
   * Asks the source from here and says how another home would divide it. Neither home is written to, and the
   * destination is not asked.
   */
  planFor(other: OtherHome, request: CopyRequest, signal?: AbortSignal): Promise<PlanForReport>;
  /** Newest first. */
  list(query?: ListQuery): Promise<readonly LocalStatus[]>;
  /** What was learned of the hosts of sources, by name: what this state folder remembers of them. */
  hosts(): Promise<Hosts['hosts']>;
  status(transferId: string, signal?: AbortSignal): Promise<LocalStatus>;
  /** Resolves with the transfer as it then is: `cancelled`, or `finalizing` when the completion may still win. */
  cancel(transferId: string, signal?: AbortSignal): Promise<TransferRecord>;
  /** Runs a failed or interrupted transfer to its end. `source` is needed again when it held a secret. */
  retry(transferId: string, options?: { readonly source?: SourceLocator }, signal?: AbortSignal): Promise<CopyReport>;
  /**
   * Serves the REST API of this machine until the signal is aborted, and goes on with all that is unfinished. Resolves
   * when what was under way has come to its end, or `drainMs` are over.
   */
  serve(options?: ServeOptions, signal?: AbortSignal): Promise<void>;
  /**
   * Gives up what no process works on: interrupted and failed transfers, with their uploads
   * aborted and temporary files deleted.
   */
  clean(
    options?: { readonly olderThanMs?: number; readonly history?: boolean },
    signal?: AbortSignal,
  ): Promise<CleanReport>;
}
