/*
 * What the construct and the functions must agree on, as data: the CDK app reads it at
 * synth, so there is no SDK behind it.
 */

/** The stages of the pipeline on AWS, each a Lambda function. */
export const STAGES = ['api', 'planner', 'fetcher', 'finalizer'] as const;
export type Stage = (typeof STAGES)[number];

/** The function that posts to webhooks and ends tasks: no stage, since no transfer passes it. */
export const NOTIFIER = 'notifier';
export const NOTIFIER_TIMEOUT_SECONDS = 60;

/** The functions of a deployment: one for each stage, and the notifier where there is anyone to notify. */
export const DEPLOYED = [...STAGES, NOTIFIER] as const;
export type DeployedName = (typeof DEPLOYED)[number];

/** The functions behind the construct PieceworkObject. */
export const OBJECT = 'object';

/** Whatever is bundled to run on Lambda. */
export type FunctionName = DeployedName | typeof OBJECT;

/** Environment variables that the construct sets. */
export const ENV = {
  version: 'PIECEWORK_VERSION',
  /** Of metrics: two deployments of one account and Region are apart. */
  deployment: 'PIECEWORK_DEPLOYMENT',
  recordsBucket: 'PIECEWORK_RECORDS_BUCKET',
  /** JSON, a list of `{id, name}`: of the API, and only where keys have names. */
  apiKeys: 'PIECEWORK_API_KEYS',
  /** JSON, `OwnershipRules`: of the API. */
  ownership: 'PIECEWORK_OWNERSHIP',
  /** JSON, `QuotaRules`: of API, planner and finalizer, and only where there are some. */
  quotas: 'PIECEWORK_QUOTAS',
  /** Of the API, and only where it was asked for. */
  defaultOwner: 'PIECEWORK_DEFAULT_OWNER',
  /** ARN of a KMS key: of the API, and only where there is one. */
  sealedKey: 'PIECEWORK_SEALED_KEY',
  plansQueueUrl: 'PIECEWORK_PLANS_QUEUE_URL',
  streamsQueueUrl: 'PIECEWORK_STREAMS_QUEUE_URL',
  piecesQueueUrl: 'PIECEWORK_PIECES_QUEUE_URL',
  resultsQueueUrl: 'PIECEWORK_RESULTS_QUEUE_URL',
  parkedQueueUrl: 'PIECEWORK_PARKED_QUEUE_URL',
  plansDeadQueueUrl: 'PIECEWORK_PLANS_DEAD_QUEUE_URL',
  streamsDeadQueueUrl: 'PIECEWORK_STREAMS_DEAD_QUEUE_URL',
  resultsDeadQueueUrl: 'PIECEWORK_RESULTS_DEAD_QUEUE_URL',
  eventBus: 'PIECEWORK_EVENT_BUS',
  /** JSON, `DestinationRule[]`: where objects may be written. */
  destinations: 'PIECEWORK_DESTINATIONS',
  /** JSON, `SourceRules`. */
  sources: 'PIECEWORK_SOURCES',
  /** JSON, a list: what the names of secrets begin with that sources may refer to. */
  secretPrefixes: 'PIECEWORK_SECRET_PREFIXES',
  hostConnections: 'PIECEWORK_HOST_CONNECTIONS',
  planTimeoutSeconds: 'PIECEWORK_PLAN_TIMEOUT_SECONDS',
  pieceTimeoutSeconds: 'PIECEWORK_PIECE_TIMEOUT_SECONDS',
  lateSeconds: 'PIECEWORK_LATE_SECONDS',
  /** JSON, as `USUAL_WORKERS`: how the functions are made, for what transfers cost. */
  workers: 'PIECEWORK_WORKERS',
  /** Of the API, by its name: it looks at sources for it. */
  plannerFunction: 'PIECEWORK_PLANNER_FUNCTION',
  /** Requests of the API that may wait at the same time. */
  maxWaiting: 'PIECEWORK_MAX_WAITING',
  /** JSON, `NotificationSettings`: of API, finalizer and notifier, and only where an end may be notified. */
  notifications: 'PIECEWORK_NOTIFICATIONS',
  /** Of finalizer and notifier, as that. */
  notificationsQueueUrl: 'PIECEWORK_NOTIFICATIONS_QUEUE_URL',
  /** Of the notifier. */
  notificationsDeadQueueUrl: 'PIECEWORK_NOTIFICATIONS_DEAD_QUEUE_URL',
  /** JSON, `TracingSettings`: only where a deployment is traced. */
  tracing: 'PIECEWORK_TRACING',
  /** Of the functions behind PieceworkObject; the command line has it too. */
  apiUrl: 'PIECEWORK_API_URL',
} as const;
export type Variable = Exclude<
  keyof typeof ENV,
  | 'defaultOwner'
  | 'quotas'
  | 'apiKeys'
  | 'sealedKey'
  | 'notifications'
  | 'notificationsQueueUrl'
  | 'notificationsDeadQueueUrl'
  | 'tracing'
  | 'apiUrl'
>;

const COMMON: readonly Variable[] = [
  'version',
  'deployment',
  'recordsBucket',
  'resultsQueueUrl',
  'destinations',
  'hostConnections',
  'planTimeoutSeconds',
  'pieceTimeoutSeconds',
  'lateSeconds',
];

/** What each function needs, and is given no more of. */
export const NEEDS: Readonly<Record<Stage, readonly Variable[]>> = {
  api: [
    ...COMMON,
    'plansQueueUrl',
    'eventBus',
    'sources',
    'secretPrefixes',
    'ownership',
    'workers',
    'maxWaiting',
    'plannerFunction',
  ],
  planner: [
    ...COMMON,
    'plansQueueUrl',
    'streamsQueueUrl',
    'piecesQueueUrl',
    'parkedQueueUrl',
    'eventBus',
    'sources',
    'secretPrefixes',
  ],
  fetcher: [...COMMON, 'piecesQueueUrl', 'parkedQueueUrl', 'sources', 'secretPrefixes'],
  finalizer: [
    ...COMMON,
    'plansQueueUrl',
    'piecesQueueUrl',
    'parkedQueueUrl',
    'plansDeadQueueUrl',
    'streamsDeadQueueUrl',
    'resultsDeadQueueUrl',
    'eventBus',
  ],
};

/** A bucket, or what lies under a prefix of it. */
export interface BucketRule {
  readonly bucket: string;
  /** '' = the whole bucket. */
  readonly prefix: string;
}

/** Where objects may be written. */
export interface DestinationRule extends BucketRule {
  /** With `{owner}` in it each owner writes under its own name. */
  readonly prefix: string;
  /** Who may write there. @default every owner */
  readonly owners?: readonly string[];
}

/** Whose transfers a caller of the API may retry and cancel, and whose it sees. */
export interface OwnershipRules {
  readonly change: 'owner' | 'anyone';
  readonly read: 'owner' | 'anyone';
}

/** What may be contacted. */
export interface SourceRules {
  /** Hosts (`name`, `*.name`) besides which nothing is contacted; empty = any public host. */
  readonly allowHosts: readonly string[];
  readonly denyHosts: readonly string[];
  /** Hosts that may be contacted although their addresses are private. */
  readonly privateHosts: readonly string[];
  readonly ports: readonly number[];
  /** Of `SOURCE_SCHEMES`. */
  readonly schemes: readonly string[];
  /** What the functions' own role reads for every caller. */
  readonly buckets: readonly BucketRule[];
}

/** Of the functions that are traced. */
export interface TracingSettings {
  /** Where spans are posted to, by OTLP over HTTP: `http://localhost:4318` of a collector beside the function. */
  readonly endpoint: string;
  /** The part of the traces that begin here which is kept, from 0 to 1; one that a caller began is as it says. */
  readonly ratio: number;
}

/** What a source's URL may begin with, where the deployment names no others. */
export const SOURCE_SCHEMES = ['http', 'https', 'ftp', 'ftps', 'ftpes', 'sftp', 's3'] as const;
/** Each scheme's own. */
export const SOURCE_PORTS: readonly number[] = [80, 443, 21, 990, 22];

const MIB = 1024 ** 2;

/** Body memory of a fetcher or planner: a default piece is one window. */
export const WINDOW_BYTES = 16 * MIB;
/** Of a planner. */
export const WINDOW_COUNT = 4;
/** Connections of one fetcher, until its source was seen to bear more of them on one address; and at most. */
export const FETCHER_CONNECTIONS = { least: 4, most: 16 } as const;
/** Results that one finalizer takes together, and how long it waits for them. */
export const RESULTS_PER_FINALIZER = 500;
export const RESULTS_WINDOW_SECONDS = 1;

/** How the functions are made where no prop says otherwise, as far as transfers cost by it. */
export const USUAL_WORKERS = {
  fetcherMemoryMiB: 1024,
  plannerMemoryMiB: 1024,
  /** Of the API's function and the finalizer: bounded work on metadata. */
  metadataMemoryMiB: 512,
  architecture: 'arm64',
  maxFetchers: 25,
  piecesPerFetcher: FETCHER_CONNECTIONS.least,
  mostPerFetcher: FETCHER_CONNECTIONS.most,
  resultsWindowSeconds: RESULTS_WINDOW_SECONDS,
  hostConnections: 16,
  pieceTimeoutSeconds: 120,
} as const;

/** A message that came back this often goes to the dead letters. */
export const MOST_RECEIVES = 4;

/**
 * A piece that Lambda was handed, and has no room to run, is tried again for so many time-outs of its function before
 * that counts as a delivery: six, as AWS advises. A run that does begin takes its messages for its own time alone.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const TIME_OUTS_OF_A_DELIVERY = 6;

/** For the event source to hand a message over and take it back, besides the function's own time. */
export const HAND_OVER_SECONDS = 10;

/** What a function keeps back of its time to give its messages back in order. */
export const MARGIN_MS = 3_000;

/** Of the API's function; API Gateway waits no longer. */
export const API_TIMEOUT_SECONDS = 29;

/** Fetchers see a cancel after this at the latest. */
export const RECORD_CACHE_MS = 5_000;

/** After its function's time-out a request may still be on its way for this long. */
export const LATE_SECONDS = 300;

/**
 * Prefixes in the records bucket; `sealed/` holds whole source URLs, `corrupt/` what was
 * set aside for people to look at.
 */
export const PREFIXES = {
  transfers: 'transfers/',
  active: 'active/',
  sealed: 'sealed/',
  keys: 'keys/',
  hosts: 'hosts/',
  notCompleted: 'not-completed/',
  corrupt: 'corrupt/',
  batches: 'batches/',
  activeBatches: 'active-batches/',
  outcomes: 'outcomes/',
  boards: 'boards/',
  /** What an operator's commands leave for those who look. */
  ops: 'ops/',
  waits: 'waits/',
  /** What each owner has open, and has brought on a day: only where there are quotas. */
  open: 'open/',
  spent: 'spent/',
  /** Lists and shards of batches, which are sealed as sources are. */
  sealedBatches: 'sealed/batches/',
  /** Who is notified of an end. */
  sealedHooks: 'sealed/hooks/',
} as const;

/** Of every event on the bus. */
export const EVENT_SOURCE = 'piecework';

export const METRICS_NAMESPACE = 'Piecework';

/** Of log lines and metrics. */
export function serviceName(stage: Stage): string {
  return `piecework-${stage}`;
}
/** Transfers that should have ended and have not, as the last tick saw it. */
export const STUCK_METRIC = 'StuckTransfers';
/** Batches that have come no nearer to their end for an hour. */
export const STUCK_BATCHES_METRIC = 'StuckBatches';
/** What may no longer be cleaned up (`lib/events/metrics`). */
export const LEFT_METRIC = 'LeftBehind';
