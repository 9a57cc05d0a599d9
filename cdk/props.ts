import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import type { IAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { LATE_SECONDS } from '../lib/aws/names.ts';

/** A bucket, or what lies under a prefix of it, that transfers may write to. */
export interface PieceworkDestination {
  readonly bucket: IBucket;
  /** Keys must begin with it; ends in `/` unless it is meant to match within a name. @default '' = the whole bucket */
  readonly prefix?: string;
  /** The KMS key that the bucket encrypts with, so that the functions may use it. @default none: SSE-S3 or an AWS managed key */
  readonly encryptionKey?: IKey;
}

/** Who may call the API. */
export type PieceworkAuth =
  /** Signed with AWS credentials (SigV4); the callers' own policies need `execute-api:Invoke`. */
  | { readonly kind: 'iam' }
  /** A key in `x-api-key`, with a usage plan. It is an identification, as AWS says, more than a secret of rank. */
  | {
      readonly kind: 'apiKey' /** @default 10 */;
      readonly ratePerSecond?: number /** @default 20 */;
      readonly burst?: number /** @default no quota */;
      readonly requestsPerDay?: number;
    }
  /** Cognito, a Lambda, … of yours. */
  | { readonly kind: 'authorizer'; readonly authorizer: IAuthorizer };

export interface PieceworkProps {
  /** Where transfers may write; at least one. Anything else is refused by the API and not allowed by IAM. */
  readonly destinations: readonly PieceworkDestination[];
  /** @default { kind: 'iam' } */
  readonly auth?: PieceworkAuth;
  /**
   * Whose a transfer is when a request was authorized and API Gateway does not say whose it is: an authorizer that names no principal, or a
   * stand-in. @default such requests are refused
   */
  readonly defaultOwner?: string;
  /** Requests to the API, all callers together. @default { ratePerSecond: 50, burst: 100 } */
  readonly throttle?: { readonly ratePerSecond: number; readonly burst: number };
  /** Hosts (`example.com`, `*.example.com`) besides which no source is contacted. @default any public host */
  readonly allowHosts?: readonly string[];
  /** Hosts that are never contacted. @default none */
  readonly denyHosts?: readonly string[];
  /** Hosts that may be contacted although their addresses are private: mirrors in a peered network, stand-ins. @default none */
  readonly privateHosts?: readonly string[];
  /** Ports that sources may have. @default [80, 443] */
  readonly ports?: readonly number[];
  /**
   * What the names of secrets begin with that sources may refer to (`secret://name`, `secret://ssm/name`): whoever may submit a transfer chooses
   * both the secret and the server that is sent it. @default none: references are refused
   */
  readonly secretPrefixes?: readonly string[];
  /** Connections to one host for all its transfers together, until better is known. @default 16 */
  readonly hostConnections?: number;
  /** Fetchers at work at the same time, 2 to 1000, four pieces each. Keep it, with the others, below the account's concurrency. @default 25 */
  readonly maxFetchers?: number;
  /** Planners at work at the same time, 2 to 1000. @default 10 */
  readonly maxPlanners?: number;
  /** Finalizers at work at the same time, 2 to 5: more of them only lose their compare-and-swaps to each other. @default 2 */
  readonly maxFinalizers?: number;
  /** A piece must be done in this time, 10 s to 15 min. @default 2 minutes */
  readonly pieceTimeout?: Duration;
  /** Planning, a stream without ranges, a completion must be done in this time, 30 s to 15 min. @default 15 minutes */
  readonly planTimeout?: Duration;
  /** Memory of fetchers, 512 MiB or more: 64 MiB of it are windows, and CPU comes with it. @default 1024 */
  readonly fetcherMemoryMiB?: number;
  /** Memory of planners, 512 MiB or more. @default 1024 */
  readonly plannerMemoryMiB?: number;
  /** Encrypts the records bucket, where sealed source URLs lie. @default SSE-S3 */
  readonly encryptionKey?: IKey;
  /** Gets the events `Transfer Accepted` to `Transfer Cancelled`. @default the account's default bus */
  readonly eventBus?: { readonly eventBusName: string; readonly eventBusArn: string };
  /** Told of every alarm. @default nobody: the alarms are only shown */
  readonly alarmTopic?: ITopic;
  /** Of the functions' logs. @default one month */
  readonly logRetention?: RetentionDays;
  /** How long the records of ended transfers are kept, in days; 8 or more, since a transfer may take a week. @default 90 */
  readonly recordRetentionDays?: number;
  /** What becomes of the records bucket and the logs with the stack. @default RETAIN */
  readonly removalPolicy?: RemovalPolicy;
  /** @default arm64 */
  readonly architecture?: Architecture;
  /**
   * After its function's time-out a request may still be on its way for this long; how long a failed or cancelled transfer is looked after
   * follows from it. Only a test, where nothing is on its way for minutes, has a reason to shorten it. @default 5 minutes
   */
  readonly lateArrival?: Duration;
}

/** With every default in its place. */
export type Settings = Required<Omit<PieceworkProps, 'encryptionKey' | 'eventBus' | 'alarmTopic' | 'defaultOwner'>> &
  Pick<PieceworkProps, 'encryptionKey' | 'eventBus' | 'alarmTopic' | 'defaultOwner'>;

const KNOWN: Readonly<Record<keyof PieceworkProps, true>> = {
  destinations: true,
  auth: true,
  defaultOwner: true,
  throttle: true,
  allowHosts: true,
  denyHosts: true,
  privateHosts: true,
  ports: true,
  secretPrefixes: true,
  hostConnections: true,
  maxFetchers: true,
  maxPlanners: true,
  maxFinalizers: true,
  pieceTimeout: true,
  planTimeout: true,
  fetcherMemoryMiB: true,
  plannerMemoryMiB: true,
  encryptionKey: true,
  eventBus: true,
  alarmTopic: true,
  logRetention: true,
  recordRetentionDays: true,
  removalPolicy: true,
  architecture: true,
  lateArrival: true,
};

/** Says in one sentence what is wrong with the props of the construct. */
export class PieceworkPropsError extends Error {
  override readonly name = 'PieceworkPropsError';
}

/** @throws PieceworkPropsError at the first prop that is unknown, out of its bounds, or contradicts another. */
export function settle(props: PieceworkProps): Settings {
  const unknown = Object.keys(props).find((name) => !Object.hasOwn(KNOWN, name));
  if (unknown !== undefined)
    throw new PieceworkPropsError(`Piecework has no prop "${unknown}"; it has ${Object.keys(KNOWN).join(', ')}.`);
  const settings: Settings = {
    ...props,
    auth: props.auth ?? { kind: 'iam' },
    throttle: props.throttle ?? { ratePerSecond: 50, burst: 100 },
    allowHosts: props.allowHosts ?? [],
    denyHosts: props.denyHosts ?? [],
    privateHosts: props.privateHosts ?? [],
    ports: props.ports ?? [80, 443],
    secretPrefixes: props.secretPrefixes ?? [],
    hostConnections: whole(props, 'hostConnections', 16, 1, 10_000),
    maxFetchers: whole(props, 'maxFetchers', 25, 2, 1000),
    maxPlanners: whole(props, 'maxPlanners', 10, 2, 1000),
    maxFinalizers: whole(props, 'maxFinalizers', 2, 2, 5),
    pieceTimeout: duration(props, 'pieceTimeout', Duration.minutes(2), 10, 900),
    planTimeout: duration(props, 'planTimeout', Duration.minutes(15), 30, 900),
    lateArrival: duration(props, 'lateArrival', Duration.seconds(LATE_SECONDS), 0, 3600),
    fetcherMemoryMiB: whole(props, 'fetcherMemoryMiB', 1024, 512, 10_240),
    plannerMemoryMiB: whole(props, 'plannerMemoryMiB', 1024, 512, 10_240),
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    recordRetentionDays: whole(props, 'recordRetentionDays', 90, 8, 3650),
    removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    architecture: props.architecture ?? Architecture.ARM_64,
  };
  checkDestinations(settings.destinations);
  checkHosts(settings);
  checkSecrets(settings);
  checkAuth(settings);
  return settings;
}

function checkDestinations(destinations: readonly PieceworkDestination[]): void {
  if (!Array.isArray(destinations) || destinations.length === 0) {
    throw new PieceworkPropsError(
      'Piecework needs at least one destination: destinations: [{ bucket }], or [{ bucket, prefix: "incoming/" }].',
    );
  }
  const seen = new Set<string>();
  for (const destination of destinations) {
    const unknown = Object.keys(destination).find((name) => !['bucket', 'prefix', 'encryptionKey'].includes(name));
    if (unknown !== undefined)
      throw new PieceworkPropsError(
        `a destination of Piecework has no "${unknown}"; it has bucket, prefix, encryptionKey.`,
      );
    const { bucket, prefix = '' } = destination;
    if (typeof bucket?.arnForObjects !== 'function')
      throw new PieceworkPropsError(
        'the bucket of a destination must be a construct: a Bucket, or Bucket.fromBucketName(this, "Id", "name").',
      );
    if (prefix.startsWith('/') || prefix.includes('*') || prefix.includes('?')) {
      throw new PieceworkPropsError(
        `the prefix "${prefix}" must not begin with "/" nor have "*" or "?" in it: it is the beginning of keys, and IAM would read those as patterns.`,
      );
    }
    const name = `${bucket.node.path} ${prefix}`;
    if (seen.has(name))
      throw new PieceworkPropsError(`the destination ${bucket.node.path} with prefix "${prefix}" is named twice.`);
    seen.add(name);
  }
}

function checkHosts({ allowHosts, denyHosts, privateHosts, ports }: Settings): void {
  for (const [name, hosts] of Object.entries({ allowHosts, denyHosts, privateHosts })) {
    const wrong = hosts.find((host) => !/^(\*\.)?[a-z0-9.:[\]-]+$/i.test(host));
    if (wrong !== undefined)
      throw new PieceworkPropsError(
        `${name} has "${wrong}", which is no host: give example.com, *.example.com or an address, without scheme and path.`,
      );
  }
  const both = allowHosts.find((host) => denyHosts.includes(host));
  if (both !== undefined)
    throw new PieceworkPropsError(`the host "${both}" is in allowHosts and in denyHosts; it can be in one only.`);
  const port = ports.find((candidate) => !Number.isInteger(candidate) || candidate < 1 || candidate > 65_535);
  if (ports.length === 0 || port !== undefined)
    throw new PieceworkPropsError('ports must be a list of whole numbers from 1 to 65535, as in [80, 443].');
}

function checkSecrets({ secretPrefixes }: Settings): void {
  const wrong = secretPrefixes.find((prefix) => !/^[A-Za-z0-9_+=.@-][A-Za-z0-9/_+=.@-]*$/.test(prefix));
  if (wrong !== undefined)
    throw new PieceworkPropsError(
      `secretPrefixes has "${wrong}": give what names begin with, such as "piecework/", without a leading "/" and without patterns.`,
    );
}

function checkAuth({ auth, throttle }: Settings): void {
  if (!(throttle.ratePerSecond > 0) || !(throttle.burst > 0))
    throw new PieceworkPropsError('throttle needs ratePerSecond and burst, both above 0.');
  switch (auth.kind) {
    case 'iam':
      return;
    case 'authorizer':
      if (auth.authorizer === undefined)
        throw new PieceworkPropsError('auth "authorizer" needs the authorizer itself.');
      return;
    case 'apiKey':
      if ((auth.ratePerSecond ?? 1) > throttle.ratePerSecond) {
        throw new PieceworkPropsError(
          `the API key may send ${auth.ratePerSecond} requests a second, and throttle stops all callers together at ${throttle.ratePerSecond}; raise throttle, or lower the key's rate.`,
        );
      }
      return;
    default:
      throw new PieceworkPropsError(
        `auth must be of kind iam, apiKey or authorizer, and is ${JSON.stringify((auth as { kind?: unknown }).kind)}.`,
      );
  }
}

type NumberProp =
  | 'hostConnections'
  | 'maxFetchers'
  | 'maxPlanners'
  | 'maxFinalizers'
  | 'fetcherMemoryMiB'
  | 'plannerMemoryMiB'
  | 'recordRetentionDays';

function whole(props: PieceworkProps, name: NumberProp, usual: number, least: number, most: number): number {
  const value = props[name] ?? usual;
  if (Token.isUnresolved(value) || !Number.isInteger(value) || value < least || value > most) {
    throw new PieceworkPropsError(`${name} must be a whole number from ${least} to ${most}, and is ${String(value)}.`);
  }
  return value;
}

function duration(
  props: PieceworkProps,
  name: 'pieceTimeout' | 'planTimeout' | 'lateArrival',
  usual: Duration,
  least: number,
  most: number,
): Duration {
  const value = props[name] ?? usual;
  const seconds = value.isUnresolved() ? Number.NaN : value.toSeconds({ integral: false });
  if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return value;
  throw new PieceworkPropsError(`${name} must be whole seconds from ${least} to ${most}, and is ${String(value)}.`);
}
