import type { KeyObject } from 'node:crypto';
import { createHmac, createSecretKey, hash } from 'node:crypto';

/** What is signed. All of it as it is sent, but for the query, which has the order of its names. */
export interface Unsigned {
  readonly method: string;
  readonly path: string;
  /** Encoded, its names in order. */
  readonly query: string;
  /** Lower-case. With `host`, `x-amz-date` and `x-amz-content-sha256`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SigningKey {
  readonly accessKeyId: string;
  /** Node takes a sixth of the time for it that it takes for bytes. */
  readonly key: KeyObject;
  /** `20261130/eu-central-1/s3/aws4_request`. */
  readonly scope: string;
}

/** What proxies may change on the way. */
const UNSIGNED: ReadonlySet<string> = new Set(['cache-control', 'connection', 'expect', 'user-agent']);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; holds for one day. */
export function signingKey(
  { accessKeyId, secretAccessKey }: { readonly accessKeyId: string; readonly secretAccessKey: string },
  day: string,
  region: string,
): SigningKey {
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  return { accessKeyId, key: createSecretKey(Buffer.from(key)), scope: `${day}/${region}/s3/aws4_request` };
}

/** The header `authorization`. */
export function authorization({ method, path, query, headers }: Unsigned, signing: SigningKey): string {
  const names = Object.keys(headers)
    .filter((name) => !UNSIGNED.has(name))
    .sort();
  const canonical = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`).join('');
  const signed = names.join(';');
  const payload = headers['x-amz-content-sha256'];
  const request = `${method}\n${path}\n${query}\n${canonical}\n${signed}\n${payload}`;
  const toSign = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${signing.scope}\n${hash('sha256', request)}`;
  const signature = createHmac('sha256', signing.key).update(toSign).digest('hex');
  return `AWS4-HMAC-SHA256 Credential=${signing.accessKeyId}/${signing.scope}, SignedHeaders=${signed}, Signature=${signature}`;
}
