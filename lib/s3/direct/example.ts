import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { StoreOrigin } from './connections.ts';

/** How requests to the objects of one bucket are made, as the SDK makes them. */
export interface Example {
  readonly origin: StoreOrigin;
  /** As `host` says it. */
  readonly named: string;
  /** Of the URL, before the key: `/` or `/bucket/`. */
  readonly basePath: string;
  readonly region: string;
  /** How the caller is named. */
  readonly agent: Readonly<Record<string, string>>;
}

/** What is read of the SDK's request. */
interface MadeRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly username?: string;
  readonly password?: string;
}

const KEY = 'example';
/** Else a request has something of its own that only the SDK knows: a session of S3 Express, a payer, an owner. */
const KNOWN = /^(?!x-amz-)|^x-amz-(?:content-sha256|date|security-token|user-agent|acl)$/;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html */
const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/s3\/aws4_request,/;

/**
 * Has the SDK make and sign a request to a bucket, and does not send it. `undefined` where it does not come out as
 * plain requests of S3 do: an access point, S3 Express (which opens a session first), another way of signing.
 */
export async function exampleOf(client: S3Client, bucket: string): Promise<Example | undefined> {
  if (bucket.includes(':') || bucket.endsWith('--x-s3')) return undefined;
  let made: MadeRequest | undefined;
  const command = new PutObjectCommand({ Bucket: bucket, Key: KEY });
  command.middlewareStack.addRelativeTo(
    () => async (args: { readonly request: unknown }) => {
      made = args.request as MadeRequest;
      // Its answer is never looked at.
      return { response: {}, output: { $metadata: {} } };
    },
    { relation: 'after', toMiddleware: 'httpSigningMiddleware', name: 'pieceworkExample' },
  );
  await client.send(command);
  return made === undefined ? undefined : readExample(made);
}

function readExample(made: MadeRequest): Example | undefined {
  const { protocol, hostname, port, path, query, headers, username, password } = made;
  const region = SCOPE.exec(headers['authorization'] ?? '')?.[1];
  const isPlain =
    region !== undefined &&
    username === undefined &&
    password === undefined &&
    path.endsWith(`/${KEY}`) &&
    Object.keys(query).every((name) => name === 'x-id') &&
    Object.keys(headers).every((name) => KNOWN.test(name));
  if (!isPlain) return undefined;
  const agent = Object.entries(headers).filter(([name]) => name === 'user-agent' || name === 'x-amz-user-agent');
  const isSecure = protocol === 'https:';
  return {
    origin: { isSecure, host: hostname.replace(/^\[|\]$/g, ''), port: port ?? (isSecure ? 443 : 80) },
    named: port === undefined ? hostname : `${hostname}:${port}`,
    basePath: path.slice(0, -KEY.length),
    region,
    agent: Object.fromEntries(agent),
  };
}
