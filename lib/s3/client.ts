import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PieceworkError } from '../errors/error.ts';
import type { BoundedHandler } from './bounded-handler.ts';
import type { StoreConnections } from './direct/connections.ts';
import type { DirectS3 } from './direct/direct.ts';
import { directS3 } from './direct/direct.ts';
import type { HandlerOptions } from './request-handler.ts';
import { directConnections, requestHandler } from './request-handler.ts';

/** An object in S3, or in a store that speaks like it. */
export type S3Locator = {
  readonly kind: 's3';
  readonly bucket: string;
  readonly key: string;
  /** Of an S3-compatible store. @default AWS */
  readonly endpoint?: string;
  readonly region?: string;
  /** @default true when `endpoint` is given, else false */
  readonly pathStyle?: boolean;
};

interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface ConnectionOptions extends HandlerOptions {
  /** For locators that name none. @default the environment's or the profile's; on AWS the bucket's own is found out */
  readonly region?: string;
  /** Of the shared AWS configuration. @default AWS_PROFILE, else `default` */
  readonly profile?: string;
  /** @default the standard chain: environment, shared files, SSO, web identity, container, instance */
  readonly credentials?: S3Credentials;
}

/** Three ways to send a request. */
export interface Clients {
  /** Retries what failed in passing: for calls that can be repeated without a trace. */
  readonly steady: S3Client;
  /**
   * One try: for bodies, which only their owner can send again, and for calls whose lost answer must be noticed (a
   * second Create would leave an upload that we do not know, a second conditional write would refuse our own object).
   */
  readonly once: S3Client;
  /** One try, too, without the SDK's layers, on connections of our own. */
  readonly direct: DirectS3;
}

export interface Connections {
  clients(locator: S3Locator): Promise<Clients>;
  close(): void;
}

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const FALLBACK_REGION = 'us-east-1';

/** One pair of clients per endpoint, region and addressing style, made when first needed. */
export function connections(options: ConnectionOptions): Connections {
  const made = new Map<string, Clients>();
  const regions = new Map<string, Promise<string>>();
  let handler: BoundedHandler | undefined;
  let stores: StoreConnections | undefined;
  let closed = false;

  function open(endpoint: string | undefined, region: string, pathStyle: boolean): Clients {
    if (closed) throw new PieceworkError('DestinationClosed', 'these S3 connections were closed');
    const name = JSON.stringify([endpoint, region, pathStyle]);
    const known = made.get(name);
    if (known !== undefined) return known;
    handler ??= requestHandler(options);
    stores ??= directConnections(options);
    const config: S3ClientConfig = {
      region,
      forcePathStyle: pathStyle,
      requestHandler: handler,
      // Off, and so are the checksums that the SDK adds: ours are set by hand, where they are known for sure.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // The SDK's way of waiting for `100 Continue` opens a new connection for each part, and stores that never answer
      // it cost seconds each.
      expectContinueHeader: false,
      // It would write to the console.
      logger: SILENT,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    };
    const steady = new S3Client({ ...config, maxAttempts: 3 });
    const once = new S3Client({ ...config, maxAttempts: 1 });
    shareClock({ steady, once });
    const clients = { steady, once, direct: directS3(once, stores) };
    made.set(name, clients);
    return clients;
  }

  /**
   * Where a bucket lives when the caller does not say: on AWS it answers that itself, whatever the rights (200, 301,
   * 400 or 403).
   */
  async function findRegion(locator: S3Locator, pathStyle: boolean): Promise<string> {
    const start = await configuredRegion(options);
    if (locator.endpoint !== undefined) return start;
    const { once } = open(undefined, start, pathStyle);
    try {
      const answer = await once.send(new HeadBucketCommand({ Bucket: locator.bucket }));
      return regionName(answer.BucketRegion) ?? start;
    } catch (error) {
      const { $response } = error as { $response?: { headers?: Record<string, string | undefined> } };
      // Without an answer there is nothing to learn, nor to remember; the call that follows tells what is wrong.
      if ($response === undefined) regions.delete(regionKey(locator));
      return regionName($response?.headers?.['x-amz-bucket-region']) ?? start;
    }
  }

  /** One question for all who wait for it, so not bound to the signal of any. */
  function regionOf(locator: S3Locator, pathStyle: boolean): string | Promise<string> {
    const given = locator.region ?? options.region;
    if (given !== undefined) return given;
    const key = regionKey(locator);
    const asked = regions.get(key) ?? findRegion(locator, pathStyle);
    regions.set(key, asked);
    return asked;
  }

  return {
    async clients(locator) {
      const pathStyle = locator.pathStyle ?? locator.endpoint !== undefined;
      return open(locator.endpoint, await regionOf(locator, pathStyle), pathStyle);
    },
    close() {
      closed = true;
      for (const { steady, once } of made.values()) {
        steady.destroy();
        once.destroy();
      }
      handler?.destroy();
      stores?.close();
    },
  };
}

/** What a store must not be quoted with, should it repeat it. */
export async function secretsOf({ once }: Clients): Promise<readonly string[]> {
  const { accessKeyId, secretAccessKey, sessionToken = '' } = await once.config.credentials();
  return [accessKeyId, secretAccessKey, sessionToken];
}

/** What one of them learns of the store's time, from each answer, the other one signs by as well. */
function shareClock({ steady, once }: Pick<Clients, 'steady' | 'once'>): void {
  Object.defineProperty(once.config, 'systemClockOffset', {
    get: () => steady.config.systemClockOffset,
    set(offsetMs: number) {
      steady.config.systemClockOffset = offsetMs;
    },
  });
}

/** It becomes part of a host name. */
export function regionName(said: unknown): string | undefined {
  return typeof said === 'string' && /^[a-z0-9-]{1,40}$/.test(said) ? said : undefined;
}

function regionKey({ endpoint, bucket }: S3Locator): string {
  return JSON.stringify([endpoint, endpoint === undefined ? bucket : '']);
}

/** What the environment and the shared configuration say, through the SDK's own reading of them. */
function configuredRegion(options: ConnectionOptions): Promise<string> {
  const reader = new S3Client(options.profile === undefined ? {} : { profile: options.profile });
  return reader.config
    .region()
    .catch(() => FALLBACK_REGION)
    .finally(() => reader.destroy());
}
