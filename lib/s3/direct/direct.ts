import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { BoundedHandler } from '../bounded-handler.ts';
import type { Example } from './example.ts';
import { exampleOf } from './example.ts';
import { refusal } from './refusal.ts';

/** A request to one object. */
export interface DirectRequest {
  readonly operation: 'HeadObject' | 'PutObject' | 'UploadPart';
  readonly method: 'HEAD' | 'PUT';
  readonly bucket: string;
  readonly key: string;
  /** Besides the operation's name. */
  readonly query?: Readonly<Record<string, string>>;
  /** Lower-case. With `x-amz-content-sha256`: what is signed of the body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
}

/** Headers of an answer with 2xx, lower-case. */
export type DirectAnswer = Readonly<Record<string, string | undefined>>;

/**
 * The few requests that are made for each piece and each small object, signed and sent without the SDK's layers, which
 * cost several times as much as the request itself. Endpoints, regions, credentials and the clock are the SDK's own.
 */
export interface DirectS3 {
  /**
   * One try. `undefined` = requests to that bucket are only for the SDK to make.
   * @throws what the SDK throws for the same answer, or what broke the connection.
   */
  send(request: DirectRequest, abortSignal: AbortSignal): Promise<DirectAnswer | undefined>;
}

/** S3 takes requests for a quarter of an hour. */
const CLOCK_MAY_DIFFER_MS = 5 * 60_000;

export function directS3(client: S3Client, handler: BoundedHandler): DirectS3 {
  const examples = new Map<string, Promise<Example | undefined>>();
  const signers = new Map<string, SignatureV4>();
  const { config } = client;

  /** One for all who wait for it. */
  function exampleFor(bucket: string): Promise<Example | undefined> {
    const known = examples.get(bucket);
    if (known !== undefined) return known;
    const asked = exampleOf(client, bucket);
    examples.set(bucket, asked);
    // Credentials that are not there now may be there for the next request.
    asked.catch(() => examples.delete(bucket));
    return asked;
  }

  function signerFor(region: string): SignatureV4 {
    const known = signers.get(region);
    if (known !== undefined) return known;
    const { credentials, sha256 } = config;
    const made = new SignatureV4({ service: 's3', region, credentials, sha256, uriEscapePath: false });
    signers.set(region, made);
    return made;
  }

  /** By the date of an answer, as the SDK does. */
  function noteClock(date: string | undefined): void {
    const theirsMs = Date.parse(date ?? '');
    const now = Date.now();
    if (Math.abs(now + config.systemClockOffset - theirsMs) >= CLOCK_MAY_DIFFER_MS)
      config.systemClockOffset = theirsMs - now;
  }

  return {
    async send({ operation, method, bucket, key, query, headers, body }, abortSignal) {
      const example = await exampleFor(bucket);
      if (example === undefined) return undefined;
      const { protocol, hostname, port, basePath, region, agent } = example;
      const host = port === undefined ? hostname : `${hostname}:${port}`;
      const made = new HttpRequest({
        protocol,
        hostname,
        ...(port === undefined ? {} : { port }),
        method,
        path: basePath + encodedKey(key),
        // Not in a HEAD, as the SDK does it.
        query: { ...query, ...(method === 'PUT' ? { 'x-id': operation } : {}) },
        headers: { host, ...agent, ...headers },
        body,
      });
      const signingDate = new Date(Date.now() + config.systemClockOffset);
      made.headers = (await signerFor(region).sign(made, { signingDate })).headers;
      const { response } = await handler.handle(made, { abortSignal });
      noteClock(response.headers['date']);
      if (response.statusCode >= 200 && response.statusCode < 300) return response.headers;
      throw refusal(response);
    },
  };
}

/** RFC 3986 §2.3: all but its unreserved characters is encoded; a `/` stands for itself. */
function encodedKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');
}
