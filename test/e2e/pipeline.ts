import { createHash, createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { combineCrc32, crc32, crc32Base64 } from '../../lib/integrity/crc32.ts';
import { patternBytes } from '../support/pattern.ts';
import type { Deployment } from './deploy.ts';
import type { Cloud } from './stand-in.ts';

export const PREFIX = 'in/';

/** Buckets of the suite; on AWS their names must be unique in the world. */
export function bucketsOf({ account }: Cloud) {
  return {
    target: `piecework-e2e-${account}`,
    denied: `piecework-e2e-denied-${account}`,
    missing: `piecework-e2e-missing-${account}`,
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A deployed pipeline as a caller and as an operator see it. */
export class Pipeline {
  readonly cloud: Cloud;
  readonly outputs: Deployment['outputs'];
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly buckets: ReturnType<typeof bucketsOf>;
  readonly #base: string;

  constructor(cloud: Cloud, { outputs }: Deployment) {
    this.cloud = cloud;
    this.outputs = outputs;
    this.buckets = bucketsOf(cloud);
    this.s3 = new S3Client(clientOf(cloud));
    this.sqs = new SQSClient(clientOf(cloud));
    this.#base = cloud.apiBase(this.output('ApiId'), this.output('ApiUrl'));
  }

  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) throw new Error(`the stack has no output ${name}`);
    return value;
  }

  /**
   * Asks again, as any client does, when nothing answers for the API: a burst may be more functions than a stand-in can
   * start at once, and a redeploy takes a function away in the middle of an answer.
   */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    let answer = await this.#callOnce(method, path, body, headers);
    for (let tries = 1; [502, 503, 504].includes(answer.status) && tries < 5; tries += 1)
      answer = await this.#callOnce(method, path, body, headers);
    return answer;
  }

  async #callOnce(
    method: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const url = new URL(this.#base + path);
    const signed = sign(method, url, text, this.cloud, 'execute-api');
    const answer = await fetch(url, {
      method,
      headers: { ...headers, ...signed },
      ...(text === '' ? {} : { body: text }),
    });
    const got = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: got === '' ? {} : (JSON.parse(got) as Record<string, unknown>),
    };
  }

  /** The lines of JSON that a function of a stack has logged, where the cloud keeps logs. @param stage as in `Api` */
  async logOf(stack: string, stage: string): Promise<readonly Record<string, unknown>[]> {
    const ask = async (action: string, what: object) => {
      const url = new URL(this.cloud.endpoint ?? `https://logs.${this.cloud.region}.amazonaws.com`);
      const body = JSON.stringify(what);
      const headers = { ...sign('POST', url, body, this.cloud, 'logs'), 'x-amz-target': `Logs_20140328.${action}` };
      return (await (await fetch(url, { method: 'POST', headers, body })).json()) as Record<string, unknown>;
    };
    const { logGroups = [] } = (await ask('DescribeLogGroups', {})) as {
      logGroups?: { logGroupName: string }[];
    };
    const logGroupName = logGroups
      .map((group) => group.logGroupName)
      .find((name) => name.includes(stack) && name.includes(`${stage}StageLog`));
    const { events = [] } = (await ask('FilterLogEvents', { logGroupName })) as { events?: { message: string }[] };
    return events
      .filter(({ message }) => message.startsWith('{'))
      .map(({ message }) => JSON.parse(message) as Record<string, unknown>);
  }

  get base(): string {
    return this.#base;
  }

  /** Without a signature. */
  async callUnsigned(path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const answer = await fetch(this.#base + path, { headers });
    await answer.arrayBuffer();
    return answer.status;
  }

  async submit(
    source: string | Readonly<Record<string, unknown>>,
    key: string,
    options: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
    hooks: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const request = {
      source: typeof source === 'string' ? { url: source } : source,
      destination: { bucket: this.buckets.target, key: PREFIX + key },
      options,
      ...hooks,
    };
    const idempotencyKey = randomUUID();
    const own = { 'idempotency-key': idempotencyKey, ...headers };
    const { status, body } = await this.call('POST', '/v1/transfers', request, own);
    if (status !== 202) throw new Error(`POST answered ${status}: ${JSON.stringify(body)}`);
    return String(body['id']);
  }

  async status(id: string): Promise<Record<string, unknown>> {
    return await this.#statusAt(`/v1/transfers/${id}`);
  }

  /** Waits until the transfer's status is one of these. */
  async until(id: string, ...wanted: readonly string[]): Promise<Record<string, unknown>> {
    return await this.#untilAt(`/v1/transfers/${id}`, wanted);
  }

  /** Waits until the batch's status is one of these. */
  async untilBatch(id: string, ...wanted: readonly string[]): Promise<Record<string, unknown>> {
    return await this.#untilAt(`/v1/batches/${id}?waitSeconds=5`, wanted);
  }

  async #statusAt(path: string): Promise<Record<string, unknown>> {
    const { status, body } = await this.call('GET', path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  async #untilAt(path: string, wanted: readonly string[]): Promise<Record<string, unknown>> {
    for (;;) {
      const body = await this.#statusAt(path);
      if (wanted.includes(String(body['status']))) return body;
      if (['completed', 'failed', 'cancelled'].includes(String(body['status'])))
        throw new Error(`${path} ended otherwise: ${JSON.stringify(body)}`);
      await sleep(200);
    }
  }

  /** The object's bytes are the origin's, and the store has the whole object's CRC. */
  async prove(key: string, size: number, seed?: number): Promise<void> {
    const where = { Bucket: this.buckets.target, Key: PREFIX + key };
    const head = await this.s3.send(new HeadObjectCommand({ ...where, ChecksumMode: 'ENABLED' }));
    const { Body } = await this.s3.send(new GetObjectCommand(where));
    let at = 0;
    let crc = 0;
    for await (const chunk of Body as AsyncIterable<Uint8Array>) {
      if (!patternBytes(at, chunk.length, seed).equals(chunk))
        throw new Error(`${key} differs from its source between byte ${at} and ${at + chunk.length}`);
      crc = combineCrc32(crc, crc32(chunk), chunk.length);
      at += chunk.length;
    }
    const got = { size: at, length: head.ContentLength, crc32: head.ChecksumCRC32, type: head.ChecksumType };
    const wanted = { size, length: size, crc32: crc32Base64(crc), type: 'FULL_OBJECT' };
    if (JSON.stringify(got) !== JSON.stringify(wanted))
      throw new Error(`${key}: ${JSON.stringify(got)} in place of ${JSON.stringify(wanted)}`);
  }

  async exists(key: string): Promise<boolean> {
    const { Contents = [] } = await this.s3.send(
      new ListObjectsV2Command({ Bucket: this.buckets.target, Prefix: PREFIX + key }),
    );
    return Contents.some(({ Key }) => Key === PREFIX + key);
  }

  async send(queue: string, message: unknown): Promise<void> {
    await this.sqs.send(
      new SendMessageCommand({
        QueueUrl: this.output(`${queue}QueueUrl`),
        MessageBody: typeof message === 'string' ? message : JSON.stringify(message),
      }),
    );
  }

  /** Deletes what people would delete by hand. */
  async empty(queue: string): Promise<void> {
    await this.sqs.send(new PurgeQueueCommand({ QueueUrl: this.output(`${queue}QueueUrl`) }));
  }

  async record(id: string): Promise<Record<string, unknown>> {
    const { Body } = await this.s3.send(
      new GetObjectCommand({ Bucket: this.output('RecordsBucket'), Key: `transfers/${id}.json` }),
    );
    const { value } = JSON.parse((await Body?.transformToString()) ?? '{}') as { value: Record<string, unknown> };
    return value;
  }

  /** The numbers of the parts that the store holds for the upload of the transfer that brings `key`. */
  async parts(id: string, key: string): Promise<readonly number[]> {
    const { upload } = (await this.record(id)) as { upload: { id: string } };
    const { Parts = [] } = await this.s3.send(
      new ListPartsCommand({ Bucket: this.buckets.target, Key: PREFIX + key, UploadId: upload.id }),
    );
    return Parts.map(({ PartNumber = 0 }) => PartNumber);
  }

  /** Everything that should be gone once all transfers have ended and are cleaned up. Empty = nothing. */
  async leftovers(): Promise<readonly string[]> {
    const Bucket = this.output('RecordsBucket');
    const lists = await Promise.all(
      ['active/', 'active-batches/', 'boards/', 'sealed/'].map((Prefix) =>
        this.s3.send(new ListObjectsV2Command({ Bucket, Prefix })),
      ),
    );
    const { Uploads = [] } = await this.s3.send(new ListMultipartUploadsCommand({ Bucket: this.buckets.target }));
    const staging = await this.s3.send(new ListObjectsV2Command({ Bucket: this.buckets.target, Prefix: PREFIX }));
    const queues = ['Plans', 'Pieces', 'Results', 'PlansDead', 'PiecesDead', 'ResultsDead', 'Parked'];
    const waiting = await Promise.all(queues.map(async (name) => ({ name, count: await this.waiting(name) })));
    const keys = lists.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => String(Key)));
    return [
      ...(await Promise.all(keys.map(async (key) => `${key} (${await this.#workOf(key.split('/')[1] ?? '')})`))),
      ...Uploads.map(({ Key }) => `upload of ${Key}`),
      ...(staging.Contents ?? []).flatMap(({ Key = '' }) => (Key.includes('.piecework-') ? [Key] : [])),
      ...waiting.flatMap(({ name, count }) => (count === 0 ? [] : [`${count} in ${name}`])),
    ];
  }

  /** What the record says is still to be done: why a marker stands. */
  async #workOf(id: string): Promise<string> {
    try {
      const { status, announced, upload, creating, toAbort, quietUntil, heldUntil } = await this.record(id);
      return JSON.stringify({ status, announced, upload, creating, toAbort, quietUntil, heldUntil });
    } catch (error) {
      return `its record: ${error instanceof Error ? error.name : String(error)}`;
    }
  }

  /** Visible, hidden and delayed messages. */
  async waiting(queue: string): Promise<number> {
    const names = [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    ] as const;
    const { Attributes = {} } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.output(`${queue}QueueUrl`), AttributeNames: [...names] }),
    );
    return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  }
}

/** The value of an API key. https://docs.aws.amazon.com/apigateway/latest/api/API_GetApiKey.html */
export async function apiKeyValue(cloud: Cloud, keyId: string): Promise<string> {
  const base = cloud.endpoint ?? `https://apigateway.${cloud.region}.amazonaws.com`;
  const url = new URL(`${base}/apikeys/${keyId}?includeValue=true`);
  const answer = await fetch(url, { headers: sign('GET', url, '', cloud, 'apigateway') });
  const { value } = (await answer.json()) as { value?: string };
  if (value === undefined) throw new Error(`GetApiKey answered ${answer.status}`);
  return value;
}

export function clientOf(cloud: Cloud) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = cloud.env;
  return {
    region: cloud.region,
    ...(cloud.endpoint === undefined ? {} : { endpoint: cloud.endpoint, forcePathStyle: true }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }),
  };
}

/** Signature version 4, written out: a caller that is not our own client. */
function sign(method: string, url: URL, body: string, cloud: Cloud, service: string): Record<string, string> {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const at = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${at.slice(0, 8)}/${cloud.region}/${service}/aws4_request`;
  const token = cloud.env['AWS_SESSION_TOKEN'];
  const headers: Record<string, string> = {
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
    host: url.host,
    'x-amz-date': at,
    ...(token === undefined ? {} : { 'x-amz-security-token': token }),
  };
  const names = Object.keys(headers).sort();
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort();
  const canonical = [
    method,
    url.pathname,
    query.join('&'),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    hash(body),
  ].join('\n');
  const key = [scope.slice(0, 8), cloud.region, service, 'aws4_request'].reduce<string | Buffer>(
    (last, text) => mac(last, text),
    `AWS4${cloud.env['AWS_SECRET_ACCESS_KEY']}`,
  );
  const signature = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', at, scope, hash(canonical)].join('\n'))
    .digest('hex');
  const { host: _, ...sent } = headers;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${cloud.env['AWS_ACCESS_KEY_ID']}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}
