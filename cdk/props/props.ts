import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IAuthorizer, SecurityPolicy } from 'aws-cdk-lib/aws-apigateway';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Architecture, ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { PieceworkOwnership, PieceworkQuotas } from './owners.ts';

/** A bucket, or what lies under a prefix of it, that transfers may write to. */
export interface PieceworkDestination {
  readonly bucket: IBucket;
  /**
   * Keys must begin with it; ends in `/` unless it is meant to match within a name. With `{owner}` in it, before a `/`,
   * each owner writes under its own name, as in `incoming/{owner}/`: docs/security.md says how that is written.
   * @default '' = the whole bucket
   */
  readonly prefix?: string;
  /**
   * Who may write there: owners of transfers, as `owner` of an answer shows them.
   * @default every caller
   */
  readonly owners?: readonly string[];
  /**
   * The KMS key that the bucket encrypts with, so that the functions may use it.
   * @default none: SSE-S3 or an AWS managed key
   */
  readonly encryptionKey?: IKey;
  /**
   * Transfers may give their objects a canned ACL (`object.acl`), which makes them as
   * public as the bucket lets them be.
   * @default false: such a transfer fails, and says that `s3:PutObjectAcl` is missing
   */
  readonly acls?: boolean;
}

/** A bucket, or what lies under a prefix of it, that the functions read with their own rights for every caller. */
export interface PieceworkSourceBucket {
  readonly bucket: IBucket;
  /** Keys must begin with it; ends in `/` unless it is meant to match within a name. @default '' = the whole bucket */
  readonly prefix?: string;
  /**
   * The KMS key that the bucket encrypts with, so that the functions may decrypt.
   * @default none: SSE-S3 or an AWS managed key
   */
  readonly encryptionKey?: IKey;
}

/** Where the functions run that contact sources. */
export interface PieceworkVpc {
  readonly vpc: IVpc;
  /** Of which the sources are reached: through a NAT gateway for those of the internet. @default the private ones */
  readonly subnets?: SubnetSelection;
  /** @default one for each function, that lets everything out and nothing in */
  readonly securityGroups?: readonly ISecurityGroup[];
}

/** Of the requests that come with one API key: its usage plan. */
export interface PieceworkLimits {
  /** On average. @default 10 */
  readonly ratePerSecond?: number;
  /** At the same moment. @default 20 */
  readonly burst?: number;
  /** @default no quota */
  readonly requestsPerDay?: number;
}

/** A consumer of the API, with a key of its own. */
export interface PieceworkConsumer extends PieceworkLimits {
  /**
   * Its transfers belong to this name, whatever key it has: letters, digits, `-` and `_`, 64 at most. It stands in
   * records, answers, events and logs.
   */
  readonly name: string;
}

/** Who may call the API. */
export type PieceworkAuth =
  /** Signed with AWS credentials (SigV4); the callers' own policies need `execute-api:Invoke`. */
  | { readonly kind: 'iam' }
  /** A key in `x-api-key`, with a usage plan. It is an identification, as AWS says, more than a secret of rank. */
  | ({
      readonly kind: 'apiKey';
      /**
       * A key for each consumer, with limits of its own; a transfer belongs to the name of the key. The limits beside
       * it are those of the one key.
       * @default one key for all callers, who then are one owner
       */
      readonly keys?: readonly PieceworkConsumer[];
    } & PieceworkLimits)
  /** Cognito, a Lambda, … of yours. */
  | { readonly kind: 'authorizer'; readonly authorizer: IAuthorizer };

export interface PieceworkProps {
  /** Where transfers may write; at least one. Anything else is refused by the API and not allowed by IAM. */
  readonly destinations: readonly PieceworkDestination[];
  /**
   * Who may call the API: principals with the IAM right, those who have a key, those whom your authorizer lets in.
   * @default { kind: 'iam' }
   */
  readonly auth?: PieceworkAuth;
  /**
   * Whose a transfer is when a request was authorized and API Gateway does not say whose it is: an authorizer that
   * names no principal, or a stand-in.
   * @default such requests are refused
   */
  readonly defaultOwner?: string;
  /**
   * Whose transfers and batches a caller may change, and whose it may see: `'caller'` is its own alone, for either.
   * @default { change: 'owner', read: 'anyone' }
   */
  readonly ownership?: PieceworkOwnership | 'caller';
  /**
   * What each owner may have at most (`open`, `bytesPerDay`, `batchEntries`), and by the names of owners what some may
   * have in its place: a submit beyond it is refused (429). docs/security.md says how exact that is.
   * @default no bounds, and nothing is counted
   */
  readonly quotas?: PieceworkQuotas & { readonly owners?: Readonly<Record<string, PieceworkQuotas>> };
  /**
   * What a connection to the API must speak; a policy for Regional endpoints. A custom domain has one of its own.
   * @default SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09: TLS 1.2 or 1.3, with forward secrecy
   */
  readonly tlsPolicy?: SecurityPolicy;
  /**
   * Access logs of API Gateway, also of the requests that it refuses itself. The account must have a CloudWatch role
   * for API Gateway, which is one per Region: docs/security.md says how.
   * @default none: each request that reaches the function has a line in its log
   */
  readonly accessLog?: {
    /** @default logRetention */
    readonly retention?: RetentionDays;
  };
  /** Requests to the API, all callers together. @default { ratePerSecond: 50, burst: 100 } */
  readonly throttle?: { readonly ratePerSecond: number; readonly burst: number };
  /** Hosts (`example.com`, `*.example.com`) besides which no source is contacted. @default any public host */
  readonly allowHosts?: readonly string[];
  /** Hosts that are never contacted. @default none */
  readonly denyHosts?: readonly string[];
  /**
   * Hosts that may be contacted although their addresses are private: mirrors in a peered network, stand-ins.
   * @default none
   */
  readonly privateHosts?: readonly string[];
  /**
   * Ports that sources may have. HTTP is never spoken to 21, 22 and 990.
   * @default [80, 443, 21, 990, 22], each scheme's own
   */
  readonly ports?: readonly number[];
  /**
   * What the URLs of sources may begin with, of the default.
   * @default ['http', 'https', 'ftp', 'ftps', 'ftpes', 'sftp', 's3']
   */
  readonly schemes?: readonly string[];
  /**
   * Buckets that `s3:` sources may name without credentials, and from which S3 copies by itself, so that no byte
   * passes through a function. Every caller may bring what lies there to any destination. The
   * records bucket is never among them.
   * @default none: an `s3:` source brings its own credentials and is fetched
   */
  readonly sourceBuckets?: readonly PieceworkSourceBucket[];
  /**
   * What the names of secrets begin with that sources may refer to (`secret://name`, `secret://ssm/name`): every
   * caller chooses both the secret and the server that is sent it.
   * @default none: references are refused
   */
  readonly secretPrefixes?: readonly string[];
  /**
   * Callers may name a URL that is notified of an end (`notify`): a function of its own posts to it, bound by the rules
   * of sources (hosts, ports).
   * @default false
   */
  readonly webhooks?: boolean;
  /**
   * Notified of the end of every transfer and batch that names no webhook: `{ url, secret }`, the secret a reference
   * (`secret://piecework/hook`) under one of `secretPrefixes`. Its host need not be among `allowHosts`.
   * @default nowhere
   */
  readonly notify?: { readonly url: string; readonly secret: string };
  /**
   * Callers may give the token of a Step Functions task that waits (`taskToken`), and it is ended with the end: the
   * right to do so for every state machine of the account and Region.
   * @default false
   */
  readonly taskTokens?: boolean;
  /**
   * Planner, fetcher and notifier run in this VPC: sources see the address of its NAT gateway, and private ones are
   * reached that `privateHosts` names. docs/deploy.md says what the VPC must have, and what it costs.
   * @default in none: sources see changing addresses of AWS
   */
  readonly vpc?: PieceworkVpc;
  /** Connections to one host for all its transfers together, until better is known. @default 16 */
  readonly hostConnections?: number;
  /**
   * Fetchers at work at the same time, 2 to 1000, four connections each or more. Keep it, with the others,
   * below the account's concurrency.
   * @default 25
   */
  readonly maxFetchers?: number;
  /**
   * Requests to the API that may wait at the same time, for a change (`waitSeconds`) or for a look at a source
   * (`dryRun`), each in a run of the API's function; more are answered at once, with `Retry-After`. 0 to 1000; with 0
   * there are no looks.
   * @default 50
   */
  readonly maxWaiting?: number;
  /** Planners at work at the same time, 2 to 1000. @default 10 */
  readonly maxPlanners?: number;
  /**
   * Streams at the same time, 2 to 1000: each is a planner that brings one source without ranges on one connection, for
   * up to `planTimeout`. They have a queue of their own, so that plans do not wait for them.
   * @default 10
   */
  readonly maxStreams?: number;
  /**
   * Finalizers at work at the same time, 2 to 5: more of them only lose their compare-and-swaps to each other.
   * @default 2
   */
  readonly maxFinalizers?: number;
  /** A piece must be done in this time, 10 s to 15 min. @default 2 minutes */
  readonly pieceTimeout?: Duration;
  /** Planning, a stream without ranges, a completion must be done in this time, 30 s to 15 min. @default 15 minutes */
  readonly planTimeout?: Duration;
  /**
   * How long results are collected for one finalizer run, 1 to 20 s. Longer saves requests where a transfer has few
   * places, and lets those that are free wait; docs/scale.md has figures.
   * @default 1 second
   */
  readonly resultsWindow?: Duration;
  /** Memory of fetchers, 512 MiB or more: up to a quarter of it are windows, and CPU comes with it. @default 1024 */
  readonly fetcherMemoryMiB?: number;
  /** Memory of planners, 512 MiB or more. @default 1024 */
  readonly plannerMemoryMiB?: number;
  /** Encrypts the records bucket, where sealed source URLs lie. @default SSE-S3 */
  readonly encryptionKey?: IKey;
  /**
   * Encrypts what is sealed, and nothing else: to read it needs a right to this key too, as planner and fetcher have.
   * @default as all of the records bucket
   */
  readonly sealedKey?: IKey;
  /** Gets the events `Transfer Accepted` to `Transfer Cancelled`. @default the account's default bus */
  readonly eventBus?: { readonly eventBusName: string; readonly eventBusArn: string };
  /** Gets alarms; those that say the same once, by their group. @default none: the alarms are only shown */
  readonly alarmTopic?: ITopic;
  /**
   * Spans of transfers and batches for a collector that speaks OTLP over HTTP, such as one in a Lambda layer. None is
   * brought along. Of traces that begin here the `ratio` is kept; those that a caller's `traceparent` begins are as it
   * says.
   * @default nothing is traced, and no tracer is loaded
   */
  readonly tracing?: PieceworkTracing;
  /** A dashboard of CloudWatch: transfers, queues, functions, alarms. @default true */
  readonly dashboard?: boolean;
  /** Of the functions' logs. @default one month */
  readonly logRetention?: RetentionDays;
  /**
   * How long the records of ended transfers are kept, in days; 8 or more, since a transfer may take a week.
   * @default 90
   */
  readonly recordRetentionDays?: number;
  /**
   * Cost-allocation tags of everything that is made here, besides `piecework:deployment` (the stack's name, and the
   * construct's in it) and, of functions, logs and queues, `piecework:stage`. To split a bill by them, activate them in
   * Billing.
   * @default those two alone
   */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * What becomes of the records bucket and the logs with the stack. `DESTROY` deletes the logs, and the bucket only
   * where it is empty: with records in it the deletion of the stack fails, unless `autoDeleteRecords` is set.
   * @default RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * With `removalPolicy` `DESTROY`: the records bucket is emptied before it is deleted, by a function of CDK's own. No
   * record is left then of what was moved, and of what was still open.
   * @default false
   */
  readonly autoDeleteRecords?: boolean;
  /** Of the functions. @default arm64 */
  readonly architecture?: Architecture;
  /**
   * After its function's time-out a request may still be on its way for this long; how long a failed or
   * cancelled transfer is looked after follows from it. Only a test, where nothing is on its way for
   * minutes, has a reason to shorten it.
   * @default 5 minutes
   */
  readonly lateArrival?: Duration;
}

export interface PieceworkTracing {
  /**
   * Without `/v1/traces`. The functions must reach it.
   * @default `http://localhost:4318`, a collector beside each function
   */
  readonly endpoint?: string;
  /** 0 to 1. @default 1 */
  readonly ratio?: number;
  /** The collector as a layer of the functions, for their architecture. @default none is added */
  readonly layer?: ILayerVersion;
}

/** With every default in its place. */
export type Settings = Required<Omit<PieceworkProps, Optional | 'ownership'>> &
  Pick<PieceworkProps, Optional> & { readonly ownership: Required<PieceworkOwnership> };

type Optional =
  | 'accessLog'
  | 'vpc'
  | 'tracing'
  | 'encryptionKey'
  | 'sealedKey'
  | 'eventBus'
  | 'alarmTopic'
  | 'defaultOwner'
  | 'notify'
  | 'quotas';
