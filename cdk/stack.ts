import type { StackProps } from 'aws-cdk-lib';
import {
  Annotations,
  CfnOutput,
  CfnParameter,
  CfnWaitConditionHandle,
  Duration,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { Piecework } from './piecework.ts';
import type { PieceworkProps } from './props/props.ts';
import { PieceworkPropsError } from './props/props-error.ts';

/** Settings of the stack, from the context (`cdk.json`, or `-c name=value`). All are text there. */
export interface StackSettings {
  /** `s3://bucket` or `s3://bucket/prefix/`, separated by commas. */
  readonly destinations?: string;
  /** Where `s3:` sources may lie that bring no credentials, as `destinations`. @default none */
  readonly sourceBuckets?: string;
  /** `iam` or `apiKey`. @default iam */
  readonly auth?: string;
  /** Separated by commas. @default none */
  readonly privateHosts?: string;
  /** Separated by commas. @default 80,443 */
  readonly ports?: string;
  /**
   * `true`: the stack goes to MiniStack or LocalStack. Short time-outs, nothing retained,
   * origins on any port of 127.0.0.1.
   * @default false
   */
  readonly standIn?: string;
}

const NAMES: readonly (keyof StackSettings)[] = [
  'destinations',
  'sourceBuckets',
  'auth',
  'privateHosts',
  'ports',
  'standIn',
];

/** Reads the settings from a node's context. */
export function stackSettings(context: { tryGetContext(name: string): unknown }): StackSettings {
  const entries = NAMES.map((name) => [name, context.tryGetContext(name)] as const);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]),
  );
}

/** Piecework as a stack of its own, for those who have no CDK app. */
export class PieceworkStack extends Stack {
  /** `undefined` where no destination is given: such a stack can't be deployed. */
  readonly piecework?: Piecework;

  constructor(scope: Construct, id: string, props: StackProps & { readonly settings: StackSettings }) {
    super(scope, id, { description: 'Piecework: moves any URL into S3, piece by piece', ...props });
    if (list(props.settings.destinations).length === 0) this.#askForDestinations();
    else this.piecework = new Piecework(this, 'Piecework', this.#props(props.settings));
  }

  /**
   * `cdk bootstrap` and `cdk destroy` evaluate the app too, and need no destination. To deploy or show the stack is an
   * error; the parameter without a value is one for CloudFormation as well, so that no stack that runs is replaced.
   */
  #askForDestinations(): void {
    Annotations.of(this).addError(
      'say where transfers may write: cdk deploy -c destinations=s3://bucket/prefix/ (several with commas between them).',
    );
    const unset = new CfnParameter(this, 'Destinations', { description: 'set by cdk deploy -c destinations=…' });
    new CfnOutput(this, 'WritesTo', { value: unset.valueAsString });
    new CfnWaitConditionHandle(this, 'Nothing');
  }

  #props({
    destinations,
    sourceBuckets,
    auth = 'iam',
    privateHosts,
    ports,
    standIn = 'false',
  }: StackSettings): PieceworkProps {
    if (standIn !== 'true' && standIn !== 'false')
      throw new PieceworkPropsError(`standIn must be true or false, and is "${standIn}".`);
    if (auth !== 'iam' && auth !== 'apiKey')
      throw new PieceworkPropsError(
        `auth must be iam or apiKey here, and is "${auth}"; for an authorizer use the construct in an app of your own.`,
      );
    const hosts = list(privateHosts);
    return {
      destinations: this.#buckets('Destination', 'destination', destinations),
      ...(sourceBuckets === undefined
        ? {}
        : { sourceBuckets: this.#buckets('Source', 'source bucket', sourceBuckets) }),
      auth: { kind: auth },
      ...(ports === undefined ? {} : { ports: list(ports).map(Number) }),
      ...(hosts.length === 0 ? {} : { privateHosts: hosts }),
      ...(standIn === 'true' ? STAND_IN : {}),
    };
  }

  #buckets(id: string, what: string, text: string | undefined): NonNullable<PieceworkProps['sourceBuckets']> {
    return list(text).map((place, index) => {
      const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(place) ?? [];
      if (bucket === undefined)
        throw new PieceworkPropsError(`"${place}" is no ${what}: give s3://bucket or s3://bucket/prefix/.`);
      return {
        bucket: Bucket.fromBucketName(this, `${id}${index + 1}`, bucket),
        ...(prefix === '' ? {} : { prefix }),
      };
    });
  }
}

/**
 * What a stand-in can't hold, or makes slow: nothing outlives it, so nothing is retained; each function is a process of
 * one machine, so there are few; nothing is on its way for minutes, so a cancelled transfer is cleaned up within a
 * minute. docs/localstack.md lists what is different there.
 */
const STAND_IN: Partial<PieceworkProps> = {
  removalPolicy: RemovalPolicy.DESTROY,
  // LocalStack does not say who signed a request.
  defaultOwner: 'local',
  maxPlanners: 4,
  maxFetchers: 4,
  pieceTimeout: Duration.seconds(20),
  planTimeout: Duration.seconds(60),
  lateArrival: Duration.seconds(0),
};

function list(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
