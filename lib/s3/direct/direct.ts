import type { S3Client } from '@aws-sdk/client-s3';
import { FIELD_VALUE } from '../../values/web/http-fields.ts';
import type { Content } from './connection.ts';
import type { StoreConnections } from './connections.ts';
import type { Example } from './example.ts';
import { exampleOf } from './example.ts';
import { refusal } from './refusal.ts';
import type { SigningKey } from './signature.ts';
import { authorization, signingKey } from './signature.ts';

/** A request to one object. */
export interface DirectRequest {
  readonly operation: 'HeadObject' | 'PutObject' | 'UploadPart';
  readonly method: 'HEAD' | 'PUT';
  readonly bucket: string;
  readonly key: string;
  /** Besides the operation's name. */
  readonly query?: Readonly<Record<string, string>>;
  /** Lower-case. With `x-amz-content-sha256`: what is signed of the body; and a body's `content-length`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly content?: Content;
}

/** Headers of an answer with 2xx, lower-case. */
export type DirectAnswer = Readonly<Record<string, string | undefined>>;

/**
 * The few requests that are made for each piece and each small object, signed and sent without the SDK's layers, which
 * cost several times as much as the request itself. Endpoints, regions, credentials and the clock are the SDK's own.
 */
export interface DirectS3 {
  /**
   * One try. `undefined` = requests to that bucket are only for the SDK to make; nothing of the content was used.
   * @throws what the SDK throws for the same answer, or what broke the connection.
   */
  send(request: DirectRequest, abortSignal: AbortSignal): Promise<DirectAnswer | undefined>;
}

/** S3 takes requests for a quarter of an hour. */
const CLOCK_MAY_DIFFER_MS = 5 * 60_000;

export function directS3(client: S3Client, stores: StoreConnections): DirectS3 {
  const examples = new Map<string, Promise<Example | undefined>>();
  const { config } = client;
  /** By region; of the day and the credentials that were last used there. */
  const keys = new Map<string, SigningKey & { readonly of: string }>();

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

  function keyFor(
    credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
    day: string,
    region: string,
  ): SigningKey {
    const of = `${day} ${credentials.accessKeyId} ${credentials.secretAccessKey}`;
    const known = keys.get(region);
    if (known?.of === of) return known;
    const made = { ...signingKey(credentials, day, region), of };
    keys.set(region, made);
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
    async send({ operation, method, bucket, key, query, headers, content }, abortSignal) {
      const example = await exampleFor(bucket);
      if (example === undefined) return undefined;
      const credentials = await config.credentials();
      const { basePath, region, agent, named, origin } = example;
      const at = new Date(Date.now() + config.systemClockOffset).toISOString().replace(/[-:]|\.\d{3}/g, '');
      const path = basePath + encodedKey(key);
      // The name is not in a HEAD, as the SDK does it.
      const asked = encodedQuery(method === 'PUT' ? { ...query, 'x-id': operation } : query);
      const sent: Record<string, string> = { host: named, 'x-amz-date': at, ...agent, ...headers };
      if (credentials.sessionToken) sent['x-amz-security-token'] = credentials.sessionToken;
      const signing = keyFor(credentials, at.slice(0, 8), region);
      sent['authorization'] = authorization({ method, path, query: asked, headers: sent }, signing);
      const head = headText(`${method} ${path}${asked === '' ? '' : `?${asked}`}`, sent);
      const contentBytes = Number(headers['content-length'] ?? 0);
      const answer = await stores.ask(origin, { method, head, content, contentBytes }, abortSignal);
      noteClock(answer.headers['date']);
      if (answer.status >= 200 && answer.status < 300) return answer.headers;
      throw refusal(answer);
    },
  };
}

function headText(asked: string, headers: Readonly<Record<string, string>>): string {
  let text = `${asked} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    // A line break would be another request.
    if (!FIELD_VALUE.test(value)) throw new RangeError(`the header ${name} has characters that a header can't carry`);
    text += `${name}: ${value}\r\n`;
  }
  return `${text}connection: keep-alive\r\n\r\n`;
}

/** In the order of the names, as it is signed. */
function encodedQuery(query: Readonly<Record<string, string>> = {}): string {
  return Object.keys(query)
    .sort()
    .map((name) => `${encoded(name)}=${encoded(query[name] ?? '')}`)
    .join('&');
}

/** RFC 3986 §2.3: all but its unreserved characters is encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A `/` stands for itself. */
function encodedKey(key: string): string {
  return encoded(key).replaceAll('%2F', '/');
}
