/**
 * Every error that Piecework can end with: a stable name, how the engine reacts, and the group that the CLI's
 * exit code shows. docs/errors.md documents each of them; a test holds the two together in both directions.
 */

/**
 * - `retry`: may pass by itself; uses up one failure of the piece's budget.
 * - `wait`: the other side asked for patience; uses up no failure, only time.
 * - `changed`: the source is no longer the version that was planned.
 * - `stream`: ranges don't work here after all; plan once more, without them.
 * - `fetch`: the store does not copy by itself after all; plan once more, with the bytes through us.
 * - `fail`: trying again can't help; the transfer ends.
 */
export type Reaction = 'retry' | 'wait' | 'changed' | 'stream' | 'fetch' | 'fail';

/** Exit codes of the CLI by group; see `EXIT_CODES`. */
export type ErrorGroup =
  | 'internal'
  | 'usage'
  | 'source'
  | 'network'
  | 'integrity'
  | 'destination'
  | 'exists'
  | 'state'
  | 'batch'
  | 'command'
  | 'interrupted';

interface CodeEntry {
  readonly reaction: Reaction;
  readonly group: ErrorGroup;
}

function entry(group: ErrorGroup, reaction: Reaction): CodeEntry {
  return { reaction, group };
}

export const ERROR_CODES = {
  // what was asked
  InvalidUrl: entry('usage', 'fail'),
  UnsupportedScheme: entry('usage', 'fail'),
  InvalidDestination: entry('usage', 'fail'),
  InvalidOption: entry('usage', 'fail'),
  InvalidConfig: entry('usage', 'fail'),
  PieceSizeOutOfLimits: entry('usage', 'fail'),
  InvalidList: entry('usage', 'fail'),
  InvalidEntry: entry('usage', 'fail'),
  GuardRefused: entry('usage', 'fail'),
  SecretMissing: entry('usage', 'fail'),
  // the source's answer
  SourceBadRequest: entry('source', 'fail'),
  SourceUnauthorized: entry('source', 'fail'),
  SourceForbidden: entry('source', 'fail'),
  SourceNotFound: entry('source', 'fail'),
  SourceGone: entry('source', 'fail'),
  SourceIsFolder: entry('source', 'fail'),
  SourceUnsupported: entry('source', 'fail'),
  SourceRangeRefused: entry('source', 'fail'),
  SourceBusy: entry('source', 'wait'),
  SourceServerError: entry('source', 'retry'),
  SourceMalformed: entry('source', 'fail'),
  RedirectLoop: entry('source', 'fail'),
  TooManyRedirects: entry('source', 'fail'),
  RedirectRefused: entry('source', 'fail'),
  ProxyRefused: entry('source', 'fail'),
  // the way to the source
  SourceNotResolved: entry('network', 'retry'),
  SourceRefused: entry('network', 'retry'),
  SourceReset: entry('network', 'retry'),
  SourceTimeout: entry('network', 'retry'),
  SourceStalled: entry('network', 'retry'),
  PieceTooSlow: entry('network', 'retry'),
  SourceTls: entry('network', 'fail'),
  HostKeyUnknown: entry('network', 'fail'),
  HostKeyChanged: entry('network', 'fail'),
  // is it the right bytes?
  SourceChanged: entry('integrity', 'changed'),
  RangesNotHonoured: entry('integrity', 'stream'),
  RangeMismatch: entry('integrity', 'retry'),
  BodyShort: entry('integrity', 'retry'),
  BodyLong: entry('integrity', 'retry'),
  BodyEncoded: entry('integrity', 'fail'),
  UnexpectedType: entry('integrity', 'fail'),
  UnexpectedSize: entry('integrity', 'fail'),
  SourceTooYoung: entry('integrity', 'retry'),
  EndUnproved: entry('integrity', 'fail'),
  DigestMismatch: entry('integrity', 'fail'),
  DigestMissing: entry('integrity', 'fail'),
  ChecksumMismatch: entry('integrity', 'retry'),
  StagedObjectChanged: entry('integrity', 'fail'),
  // the destination
  DestinationExists: entry('exists', 'fail'),
  DestinationMissing: entry('destination', 'fail'),
  DestinationDenied: entry('destination', 'fail'),
  DestinationWithdrawn: entry('destination', 'fail'),
  DestinationCredentials: entry('destination', 'fail'),
  DestinationWrongRegion: entry('destination', 'fail'),
  DestinationNotWritable: entry('destination', 'fail'),
  DestinationFull: entry('destination', 'fail'),
  DestinationLocked: entry('destination', 'fail'),
  DestinationTooSmall: entry('destination', 'fail'),
  DestinationUnsupported: entry('destination', 'fail'),
  ServerSideCopyRefused: entry('destination', 'fetch'),
  DestinationRefused: entry('destination', 'fail'),
  DestinationClosed: entry('destination', 'fail'),
  DestinationConflict: entry('destination', 'fail'),
  DestinationTls: entry('destination', 'fail'),
  DestinationUnreachable: entry('destination', 'retry'),
  DestinationServerError: entry('destination', 'retry'),
  DestinationBusy: entry('destination', 'wait'),
  PutLost: entry('destination', 'retry'),
  UploadLost: entry('destination', 'fail'),
  OutcomeUnknown: entry('destination', 'fail'),
  // our own records
  Conflict: entry('state', 'retry'),
  RecordCorrupt: entry('state', 'fail'),
  TransferNotFound: entry('state', 'fail'),
  TransferEnded: entry('state', 'fail'),
  TransferRunning: entry('state', 'fail'),
  SourceNeeded: entry('state', 'fail'),
  ServerRunning: entry('state', 'fail'),
  AddressInUse: entry('state', 'fail'),
  SubmitAbandoned: entry('state', 'fail'),
  WorkRemains: entry('state', 'fail'),
  DeploymentBroken: entry('state', 'fail'),
  MessageMalformed: entry('state', 'fail'),
  // the services that a home stands on: its store of records, queues, secrets, event bus
  HomeUnavailable: entry('state', 'retry'),
  HomeRefused: entry('state', 'fail'),
  WorkerDied: entry('state', 'retry'),
  // a batch of many
  BatchNotFound: entry('state', 'fail'),
  BatchEnded: entry('state', 'fail'),
  BatchRunning: entry('state', 'fail'),
  EntriesFailed: entry('batch', 'fail'),
  TooManyFailures: entry('batch', 'fail'),
  // a command of the user that was to follow
  CommandFailed: entry('command', 'fail'),
  // a deployment's API
  NotAuthorized: entry('usage', 'fail'),
  NotOwner: entry('usage', 'fail'),
  QuotaExceeded: entry('state', 'fail'),
  RequestTooLarge: entry('usage', 'fail'),
  RouteNotFound: entry('usage', 'fail'),
  ApiBusy: entry('network', 'wait'),
  ApiUnreachable: entry('network', 'retry'),
  // the end of patience
  DeadlineExceeded: entry('network', 'fail'),
  Cancelled: entry('interrupted', 'fail'),
  Interrupted: entry('interrupted', 'fail'),
  Internal: entry('internal', 'fail'),
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The CLI's exit code for each group; 0 is success. 130 = interrupted, as a shell reports Ctrl-C; resumable. */
export const EXIT_CODES: Readonly<Record<ErrorGroup, number>> = {
  internal: 1,
  usage: 2,
  source: 3,
  network: 4,
  integrity: 5,
  destination: 6,
  exists: 7,
  state: 8,
  batch: 9,
  command: 10,
  interrupted: 130,
};

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

export function reactionTo(code: ErrorCode): Reaction {
  return ERROR_CODES[code].reaction;
}

export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODES[ERROR_CODES[code].group];
}
