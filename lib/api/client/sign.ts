import type { Hash, Hmac } from 'node:crypto';
import { createHash, createHmac } from 'node:crypto';
import { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } from '@smithy/core/config';
import { SignatureV4 } from '@smithy/signature-v4';
import { PieceworkError } from '../../errors/error.ts';

/** A request before it is signed. */
export interface Unsigned {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AwsIdentity {
  /** Of the shared AWS configuration. @default AWS_PROFILE, else `default` */
  readonly profile?: string;
  /** @default the one in the host's name, else AWS_REGION, else the profile's */
  readonly region?: string;
}

/** Signs requests to one service with the standard chain of credentials. */
export type Sign = (request: Unsigned) => Promise<Readonly<Record<string, string>>>;

/** @throws PieceworkError `NotAuthorized` when no credentials are found, `InvalidOption` without a region. */
export function awsSigner(service: string, identity: AwsIdentity = {}): Sign {
  const profile = identity.profile === undefined ? {} : { profile: identity.profile };
  // Loaded only when needed: the chain is a large package.
  const credentials = async () => (await import('@aws-sdk/credential-provider-node')).defaultProvider(profile);
  let provider: ReturnType<typeof credentials> | undefined;

  return async ({ method, url, headers, body }) => {
    provider ??= credentials();
    const region = await regionFor(url, identity);
    const signer = new SignatureV4({ service, region, credentials: await resolved(await provider), sha256: Sha256 });
    const query = Object.fromEntries(url.searchParams);
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query,
      headers: { ...headers, host: url.host },
      ...(body === undefined ? {} : { body }),
    });
    const { host: _, ...rest } = signed.headers;
    return rest;
  };
}

/** The region in a name of AWS, else what the environment or the profile says. */
export async function regionFor(url: URL | undefined, identity: AwsIdentity): Promise<string> {
  const named =
    identity.region ?? /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url?.hostname ?? '')?.[1];
  if (named !== undefined) return named;
  const options = {
    ...NODE_REGION_CONFIG_FILE_OPTIONS,
    ...(identity.profile === undefined ? {} : { profile: identity.profile }),
  };
  try {
    return await loadConfig(NODE_REGION_CONFIG_OPTIONS, options)();
  } catch (cause) {
    throw new PieceworkError('InvalidOption', 'the AWS region is not known; set AWS_REGION, or one in the profile', {
      cause,
    });
  }
}

async function resolved<T>(provider: () => Promise<T>): Promise<T> {
  try {
    return await provider();
  } catch (cause) {
    throw new PieceworkError(
      'NotAuthorized',
      'there are no AWS credentials to sign with; log in (aws sso login, aws configure), or set AWS_PROFILE',
      { cause },
    );
  }
}

/** What the signer wants of a hash, on Node's. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('a digest is made once');
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
