import { CustomResource, Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { PieceworkAuth } from '../props/props.ts';
import { PieceworkPropsError, refuseUnknown } from '../props/props-error.ts';
import { ObjectProvider } from './object-provider.ts';

/** A deployment of the same app: the construct `Piecework`. */
export interface PieceworkHome extends Construct {
  readonly api: RestApi;
  readonly auth: PieceworkAuth['kind'];
}

export interface PieceworkObjectProps {
  /** Brings it; its API must be for IAM (`auth: { kind: 'iam' }`), and `bucket` and `key` among its destinations. */
  readonly piecework: PieceworkHome;
  /**
   * Of a scheme and a host that the deployment takes. It stands in the template: a secret in it would too.
   */
  readonly url: string;
  /** Of all bytes, 64 hex digits: proved before the object is visible. */
  readonly sha256: string;
  readonly bucket: IBucket;
  /** The whole one. */
  readonly key: string;
  /**
   * What becomes of the object when the resource goes, or has another place: `RETAIN` or `DESTROY`. Only what Piecework
   * has brought is deleted; in a bucket with versions that makes a delete marker.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /** After this the deploy fails, with why it took so long; 1 to 55 minutes. @default 55 minutes */
  readonly timeout?: Duration;
}

const KNOWN = ['piecework', 'url', 'sha256', 'bucket', 'key', 'removalPolicy', 'timeout'];

/**
 * An object that is in the bucket once the stack is deployed, whole and proved. A later deploy asks the source only
 * where something of it is another, and fetches nothing where the version is still the same.
 *
 * ```ts
 * new PieceworkObject(this, 'Reference', { piecework, url, sha256, bucket, key: 'reference/genome.fa.gz' });
 * ```
 * @throws PieceworkPropsError that says in a sentence which prop is unknown, missing or out of bounds.
 */
export class PieceworkObject extends Construct {
  readonly bucket: IBucket;
  readonly key: string;
  /** `s3://bucket/key`. */
  readonly s3Url: string;
  readonly #resource: CustomResource;

  constructor(scope: Construct, id: string, props: PieceworkObjectProps) {
    super(scope, id);
    const { piecework, url, sha256, bucket, key, removalPolicy, timeout } = checked(props);
    const provider = ObjectProvider.of(piecework);
    const deletes = removalPolicy === RemovalPolicy.DESTROY;
    if (deletes) provider.allowDelete(bucket, key);
    this.bucket = bucket;
    this.key = key;
    this.s3Url = bucket.s3UrlForObject(key);
    this.#resource = new CustomResource(this, 'Resource', {
      serviceToken: provider.serviceToken,
      resourceType: 'Custom::PieceworkObject',
      properties: {
        Url: url,
        Sha256: sha256,
        Bucket: bucket.bucketName,
        Key: key,
        Deletes: deletes,
        DeadlineMs: timeout.toMilliseconds(),
      },
    });
    // All of it: a transfer needs every function, its queues and its rights.
    this.#resource.node.addDependency(piecework);
  }

  /** As the store has it. */
  get eTag(): string {
    return this.#resource.getAttString('ETag');
  }

  /** Empty in a bucket without versions. */
  get versionId(): string {
    return this.#resource.getAttString('VersionId');
  }

  get sizeBytes(): string {
    return this.#resource.getAttString('SizeBytes');
  }
}

function checked(props: PieceworkObjectProps): Required<PieceworkObjectProps> {
  refuseUnknown('PieceworkObject', 'prop', props, KNOWN);
  const { piecework, url, sha256, bucket, key, removalPolicy = RemovalPolicy.RETAIN } = props;
  const { timeout = Duration.minutes(55) } = props;
  if (typeof Object(piecework).api !== 'object')
    throw new PieceworkPropsError('piecework must be the construct: new Piecework(this, "Piecework", …).');
  if (piecework.auth !== 'iam')
    throw new PieceworkPropsError(
      `a PieceworkObject asks the API as an IAM role, and the API of this deployment has auth ${piecework.auth}.`,
    );
  if (typeof Object(bucket).arnForObjects !== 'function')
    throw new PieceworkPropsError(
      'bucket must be a construct: a Bucket, or Bucket.fromBucketName(this, "Id", "name").',
    );
  for (const [name, value] of Object.entries({ url, key }))
    if (typeof value !== 'string' || value === '') throw new PieceworkPropsError(`${name} must be a text.`);
  if (!Token.isUnresolved(key) && (key.endsWith('/') || key.includes('*')))
    throw new PieceworkPropsError(`key must be the whole name of one object, without "*", and is "${key}".`);
  if (!Token.isUnresolved(sha256) && !/^[0-9a-f]{64}$/i.test(String(sha256)))
    throw new PieceworkPropsError('sha256 must be 64 hex digits.');
  if (removalPolicy !== RemovalPolicy.RETAIN && removalPolicy !== RemovalPolicy.DESTROY)
    throw new PieceworkPropsError('removalPolicy must be RemovalPolicy.RETAIN or RemovalPolicy.DESTROY.');
  const minutes = timeout.toMinutes({ integral: false });
  if (minutes < 1 || minutes > 55)
    throw new PieceworkPropsError('timeout must be from 1 to 55 minutes: CloudFormation waits for an hour.');
  return { piecework, url, sha256, bucket, key, removalPolicy, timeout };
}
