import type { Context } from 'hono';
import type { PieceworkError } from '../errors/error.ts';
import type { Submission } from '../pipeline/requests/submit.ts';
import type { BatchSubmission } from '../pipeline/shared/batches/submission.ts';
import type { Ports } from '../pipeline/shared/ports.ts';
import type { BatchRecord } from '../transfer/batch/batch-record.ts';
import type { Workers } from '../transfer/cost/workers.ts';
import type { Hooks } from '../transfer/hooks.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import type { TransferRecord } from '../transfer/record/record.ts';
import type { WaitPlaces } from './answers/wait-places.ts';
import type { DryRuns } from './dry-run/dry-runs.ts';
import type { Feed, Live } from './live.ts';
import type { Ownership } from './ownership.ts';
import type { LocateDestination } from './requests/destinations.ts';
import type { ListTransfers } from './requests/list.ts';
import type { Hosts } from './schemas/hosts.ts';
import type { Machine, Preferred } from './service/machine.ts';
import type { AnsweredRequest, Noted } from './trail.ts';

/** What a request changes. A home that does more than the use cases on its ports (a lock) brings its own. */
export interface ApiRequests {
  /**
   * @param preferred on a machine only
   * @param onRepeated called where the idempotency key was used before: what is answered is the first one
   */
  submit(submission: Submission, preferred?: Preferred, onRepeated?: () => void): Promise<TransferRecord>;
  cancel(transferId: string, actedBy: string, signal: AbortSignal): Promise<TransferRecord>;
  retry(transferId: string, source: SourceLocator | undefined, actedBy: string): Promise<TransferRecord>;
  submitBatch(submission: BatchSubmission, onRepeated?: () => void): Promise<BatchRecord>;
  cancelBatch(batchId: string, actedBy: string, signal: AbortSignal): Promise<BatchRecord>;
  retryBatch(batchId: string, actedBy: string): Promise<BatchRecord>;
}

/** What a home gives the API. */
export interface ApiDeps {
  readonly ports: Ports;
  /** @default the use cases, on these ports */
  readonly requests?: ApiRequests;
  /** Of Piecework, as `health` and the OpenAPI document say it. */
  readonly version: string;
  readonly locate: LocateDestination;
  /**
   * May the source be contacted, and may its references be used?
   * @throws PieceworkError `GuardRefused`, `SecretMissing`, …
   */
  checkSource(url: string, source: SourceLocator): void | Promise<void>;
  /**
   * May they be notified of an end here?
   * @default no one may
   * @throws PieceworkError `GuardRefused`, `SecretMissing`, `InvalidOption`, …
   */
  checkHooks?(hooks: Hooks): void | Promise<void>;
  /**
   * The principal that asks, whose transfer a submit makes: of IAM, an API key's name, `local`. `undefined` =
   * unknown: refused.
   */
  ownerOf(context: Context): string | undefined;
  /** Whose transfers a caller may change and see. @default changes by the owner only, seen by all */
  readonly ownership?: Ownership;
  /** What stands before `/v1` in public, such as the deployment stage of an API Gateway. @default '' */
  basePathOf?(context: Context): string;
  /** The W3C `traceparent` under which what a request asks for is traced. @default it is not traced */
  traceOf?(): string | undefined;
  /** The home's own name of a request. @default a new one */
  requestIdOf?(context: Context): string | undefined;
  /**
   * Gets every request once it is answered, a refused one as any other, and where the answer is a failure of ours (5xx)
   * that failure with its cause. Must not throw.
   * @default none
   */
  onAnswered?(request: AnsweredRequest, failure: PieceworkError | undefined): void;
  /** A link to the report of a batch that has ended, which can be read for some minutes. @default none is given */
  reportLink?(batch: BatchRecord): Promise<string>;
  /** The report itself, where this home has it; `undefined`: only its place is known. @default only that */
  report?(batch: BatchRecord): Promise<{ readonly type: string; readonly body: ReadableStream } | undefined>;
  /** How the functions of a deployment are made, which says what transfers cost. @default it is a machine */
  readonly workers?: Workers;
  /** Bounds the requests that wait for a change. @default any number of them waits */
  readonly waits?: WaitPlaces;
  /** The queue and the limits of one machine. @default it is a deployment, which has none */
  readonly machine?: Machine;
  /** A page of its transfers. @default read from the records */
  readonly list?: ListTransfers;
  /** What a submit would come to. @default it does not say */
  readonly dryRuns?: DryRuns;
  /** What it knows of the transfers that run in it. @default nothing beyond record and ledger */
  readonly live?: Live;
  /** What was learned of the hosts of sources. @default it does not say */
  hosts?(): Promise<Hosts>;
  /** What happens in it, for those who watch. @default it has no events */
  readonly feed?: Feed;
  /** Aborted = the home is shutting down: long polls end. @default never */
  readonly signal?: AbortSignal;
}

export type ApiEnv = { Variables: Noted };
