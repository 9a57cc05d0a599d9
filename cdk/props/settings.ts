import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import { SecurityPolicy } from 'aws-cdk-lib/aws-apigateway';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { LATE_SECONDS, SOURCE_PORTS, SOURCE_SCHEMES, USUAL_WORKERS } from '../../lib/aws/names.ts';
import { checkSettings } from './check-props.ts';
import type { PieceworkProps, Settings } from './props.ts';
import { PieceworkPropsError, refuseUnknown } from './props-error.ts';

const KNOWN: Readonly<Record<keyof PieceworkProps, true>> = {
  destinations: true,
  auth: true,
  defaultOwner: true,
  ownership: true,
  quotas: true,
  tlsPolicy: true,
  accessLog: true,
  throttle: true,
  allowHosts: true,
  denyHosts: true,
  privateHosts: true,
  ports: true,
  schemes: true,
  sourceBuckets: true,
  secretPrefixes: true,
  webhooks: true,
  notify: true,
  taskTokens: true,
  vpc: true,
  hostConnections: true,
  maxFetchers: true,
  maxPlanners: true,
  maxStreams: true,
  maxWaiting: true,
  maxFinalizers: true,
  pieceTimeout: true,
  planTimeout: true,
  resultsWindow: true,
  fetcherMemoryMiB: true,
  plannerMemoryMiB: true,
  encryptionKey: true,
  sealedKey: true,
  eventBus: true,
  alarmTopic: true,
  tracing: true,
  dashboard: true,
  logRetention: true,
  recordRetentionDays: true,
  tags: true,
  removalPolicy: true,
  autoDeleteRecords: true,
  architecture: true,
  lateArrival: true,
};

/**
 * The props with every default in its place.
 * @throws PieceworkPropsError at the first prop that is unknown, out of its bounds, or contradicts another.
 */
export function settingsOf(props: PieceworkProps): Settings {
  refuseUnknown('Piecework', 'prop', props, Object.keys(KNOWN));
  const settings: Settings = {
    ...props,
    auth: props.auth ?? { kind: 'iam' },
    ownership: ownershipOf(props),
    tlsPolicy: props.tlsPolicy ?? SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09,
    throttle: props.throttle ?? { ratePerSecond: 50, burst: 100 },
    allowHosts: props.allowHosts ?? [],
    denyHosts: props.denyHosts ?? [],
    privateHosts: props.privateHosts ?? [],
    ports: props.ports ?? SOURCE_PORTS,
    schemes: props.schemes ?? SOURCE_SCHEMES,
    sourceBuckets: props.sourceBuckets ?? [],
    secretPrefixes: props.secretPrefixes ?? [],
    webhooks: props.webhooks ?? false,
    taskTokens: props.taskTokens ?? false,
    hostConnections: whole(props, 'hostConnections', USUAL_WORKERS.hostConnections, 1, 10_000),
    maxFetchers: whole(props, 'maxFetchers', USUAL_WORKERS.maxFetchers, 2, 1000),
    maxWaiting: whole(props, 'maxWaiting', 50, 0, 1000),
    maxPlanners: whole(props, 'maxPlanners', 10, 2, 1000),
    maxStreams: whole(props, 'maxStreams', 10, 2, 1000),
    maxFinalizers: whole(props, 'maxFinalizers', 2, 2, 5),
    pieceTimeout: duration(props, 'pieceTimeout', Duration.seconds(USUAL_WORKERS.pieceTimeoutSeconds), 10, 900),
    planTimeout: duration(props, 'planTimeout', Duration.minutes(15), 30, 900),
    resultsWindow: duration(props, 'resultsWindow', Duration.seconds(USUAL_WORKERS.resultsWindowSeconds), 1, 20),
    lateArrival: duration(props, 'lateArrival', Duration.seconds(LATE_SECONDS), 0, 3600),
    fetcherMemoryMiB: whole(props, 'fetcherMemoryMiB', USUAL_WORKERS.fetcherMemoryMiB, 512, 10_240),
    plannerMemoryMiB: whole(props, 'plannerMemoryMiB', USUAL_WORKERS.plannerMemoryMiB, 512, 10_240),
    dashboard: props.dashboard ?? true,
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    recordRetentionDays: whole(props, 'recordRetentionDays', 90, 8, 3650),
    tags: props.tags ?? {},
    removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    autoDeleteRecords: props.autoDeleteRecords ?? false,
    architecture: props.architecture ?? Architecture.ARM_64,
  };
  checkSettings(settings);
  return settings;
}

function ownershipOf({ ownership = {} }: PieceworkProps): Settings['ownership'] {
  if (ownership === 'caller') return { change: 'owner', read: 'owner' };
  if (typeof ownership === 'string')
    throw new PieceworkPropsError(
      `ownership must be "caller", or { change, read }, and is ${JSON.stringify(ownership)}.`,
    );
  refuseUnknown('ownership', 'setting', ownership, ['change', 'read']);
  return { change: 'owner', read: 'anyone', ...ownership };
}

type NumberProp =
  | 'hostConnections'
  | 'maxFetchers'
  | 'maxPlanners'
  | 'maxStreams'
  | 'maxWaiting'
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
  name: 'pieceTimeout' | 'planTimeout' | 'resultsWindow' | 'lateArrival',
  usual: Duration,
  least: number,
  most: number,
): Duration {
  const value = props[name] ?? usual;
  if (typeof Object(value).toSeconds !== 'function')
    throw new PieceworkPropsError(
      `${name} must be a Duration, as in Duration.seconds(${least}), and is ${String(value)}.`,
    );
  const seconds = value.isUnresolved() ? Number.NaN : value.toSeconds({ integral: false });
  if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return value;
  throw new PieceworkPropsError(`${name} must be whole seconds from ${least} to ${most}, and is ${String(value)}.`);
}
