import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { PieceworkAuth, PieceworkProps } from '../props/props.ts';
import { PieceworkPropsError } from '../props/props-error.ts';
import type { Form } from './forms.ts';
import {
  buckets,
  byArn,
  duration,
  listOfNumbers,
  listOfTexts,
  logDays,
  oneOf,
  pairs,
  plainText,
  processor,
  removal,
  tagPairs,
  vpcAndSubnets,
  wholeNumber,
} from './forms.ts';

/** An authorizer is a construct of an app; no text makes one. */
const auth: Form<PieceworkAuth> = {
  written: 'iam or apiKey',
  read(text) {
    if (text === 'iam' || text === 'apiKey') return { kind: text };
    throw new PieceworkPropsError(
      `auth must be iam or apiKey here, and is "${text}"; for an authorizer use the construct in an app of your own.`,
    );
  },
};

const halves = pairs('change=anyone,read=owner', String);
const ownership: Form<'caller' | Record<string, string>> = {
  written: `caller, or ${halves.written}`,
  read: (text, place) => (text === 'caller' ? text : halves.read(text, place)),
};

/** Its retention is `logRetention`. */
const accessLog: Form<NonNullable<PieceworkProps['accessLog']>> = oneOf({ true: {} });

/** The layer by its ARN. */
const tracing: Form<NonNullable<PieceworkProps['tracing']>> = {
  written: 'endpoint=http://…,ratio=0.1,layer=arn:…',
  read(text, { scope, name }) {
    const { ratio, layer, ...rest } = pairs('', String).read(text, { scope, name }) ?? { wrong: '' };
    return {
      ...rest,
      ...(ratio === undefined ? {} : { ratio: Number(ratio) }),
      ...(layer === undefined ? {} : { layer: LayerVersion.fromLayerVersionArn(scope, name, layer) }),
    };
  },
};

const key = byArn('kms', ({ scope, name }, arn) => Key.fromKeyArn(scope, name, arn));

/**
 * Each prop of the construct, as a text. What a text can't say (keys of destinations, consumers of the API, an
 * authorizer) needs an app of your own.
 */
export const FORMS: { readonly [Name in keyof Required<PieceworkProps>]: Form<unknown> } = {
  destinations: buckets('Destination'),
  sourceBuckets: buckets('Source'),
  auth,
  defaultOwner: plainText,
  ownership,
  quotas: pairs('open=100,bytesPerDay=1000000000000', Number),
  tlsPolicy: { ...plainText, written: 'SecurityPolicy_TLS13_…' },
  accessLog,
  throttle: pairs('ratePerSecond=50,burst=100', Number),
  allowHosts: listOfTexts('HOST,…'),
  denyHosts: listOfTexts('HOST,…'),
  privateHosts: listOfTexts('HOST,…'),
  ports: listOfNumbers,
  schemes: listOfTexts('SCHEME,…'),
  secretPrefixes: listOfTexts('PREFIX,…'),
  webhooks: oneOf({ true: true, false: false }),
  notify: pairs('url=https://…,secret=secret://…', String),
  taskTokens: oneOf({ true: true, false: false }),
  vpc: vpcAndSubnets,
  hostConnections: wholeNumber,
  maxFetchers: wholeNumber,
  maxPlanners: wholeNumber,
  maxStreams: wholeNumber,
  maxWaiting: wholeNumber,
  maxFinalizers: wholeNumber,
  pieceTimeout: duration,
  planTimeout: duration,
  resultsWindow: duration,
  fetcherMemoryMiB: wholeNumber,
  plannerMemoryMiB: wholeNumber,
  encryptionKey: key,
  sealedKey: key,
  eventBus: byArn('events', ({ scope, name }, arn) => EventBus.fromEventBusArn(scope, name, arn)),
  alarmTopic: byArn('sns', ({ scope, name }, arn) => Topic.fromTopicArn(scope, name, arn)),
  tracing,
  dashboard: oneOf({ true: true, false: false }),
  logRetention: logDays,
  recordRetentionDays: wholeNumber,
  tags: tagPairs,
  removalPolicy: removal,
  autoDeleteRecords: oneOf({ true: true, false: false }),
  architecture: processor,
  lateArrival: duration,
};
