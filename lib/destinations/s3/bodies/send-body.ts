import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../../errors/error.ts';
import { parseCrc32Base64 } from '../../../integrity/crc32.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { DirectAnswer, DirectRequest, DirectS3 } from '../../../s3/direct/direct.ts';
import { unanswered } from '../../../s3/last-answer.ts';
import type { Body } from '../../../values/bytes.ts';
import type { Call } from '../../../values/call.ts';
import { stated } from '../../../values/stated.ts';
import { isCode } from '../answers.ts';
import { describePlace } from '../errors.ts';
import { askedAgainWithout, mayMeanExtras, noteLack, orWithout, sends } from '../learned/without-extras.ts';
import type { SendOptions, Session } from '../session.ts';
import type { Statement } from './md5-proof.ts';
import { otherBytes, provedByMd5 } from './md5-proof.ts';
import type { Dressing, Payload } from './payload.ts';
import { payloadOf } from './payload.ts';
import { sdkStream } from './sdk-stream.ts';

/** What the store says of a body that it took. */
interface Receipt extends Statement {
  readonly ChecksumCRC32?: string | undefined;
}

export interface Sent<R> {
  readonly answer: R;
  /** Our own, of what was sent. */
  readonly crc32: number;
  /** The store was seen to have received just that. */
  readonly isProved: boolean;
}

export interface BodyRequest<R extends Receipt> {
  readonly operation: 'UploadPart' | 'PutObject';
  readonly target: S3Locator;
  readonly sizeBytes: number;
  /** May be sent again by itself where the body can be. */
  readonly repeatable: boolean;
  /** What is sent besides the body, in the words of HTTP. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the headers of an answer say. */
  read(headers: DirectAnswer): R;
  /** The same by the SDK, where only that can ask a bucket: makes the command, has it dressed, sends it. */
  send(client: S3Client, stream: Readable, dress: Dress, options: SendOptions): Promise<R>;
}

/** Puts our own headers on a command's request. */
type Dress = (command: { readonly middlewareStack: object }) => void;

/** Sends a body, with its CRC32 unless the store does not take that. */
export async function sendBody<R extends Receipt>(
  session: Session,
  request: BodyRequest<R>,
  body: Body,
  call: Call,
): Promise<Sent<R>> {
  const { target } = request;
  if (body.kind === 'windows' && !session.unsignedPayload) {
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(target)}: with signed payloads a body has to fit into one window; choose smaller pieces or larger windows`,
    );
  }
  const send = (withChecksums: boolean) => {
    const withMd5 = !withChecksums || (session.store.mayLackExtras && !session.learned.saysChecksums(target));
    const dressing = { unsigned: session.unsignedPayload, withChecksums, withMd5 };
    return sendOnce(session, request, payloadOf(body, request.sizeBytes, dressing), dressing, call);
  };
  if (body.kind === 'windows') return sendPassing(session, target, send);
  const attempt = () => orWithout(session, target, 'checksums', send);
  if (!request.repeatable) return attempt();
  let unsure: unknown;
  return session.repeat(`${target.key} ${body.crc32}`, call, async () => {
    try {
      return await attempt();
    } catch (error) {
      // A refusal of the repetition says nothing of the first one, which may have been stored.
      if (isCode(error, 'DestinationUnreachable', 'DestinationServerError')) unsure = error;
      else if (request.operation === 'PutObject' && unsure !== undefined && !isCode(error, 'DestinationBusy'))
        throw unsure;
      throw error;
    }
  });
}

/** What passes through its windows bit by bit can be sent once only: what is learned by it holds for the next one. */
async function sendPassing<T>(
  session: Session,
  target: S3Locator,
  send: (withChecksums: boolean) => Promise<T>,
): Promise<T> {
  const withChecksums = sends(session, target, 'checksums');
  try {
    return await send(withChecksums);
  } catch (error) {
    if (!withChecksums || !mayMeanExtras(session, error)) throw error;
    noteLack(session, target, 'checksums', error);
    throw askedAgainWithout(target, error);
  }
}

async function sendOnce<R extends Receipt>(
  session: Session,
  request: BodyRequest<R>,
  payload: Payload,
  { withChecksums, withMd5 }: Dressing,
  call: Call,
): Promise<Sent<R>> {
  const answer = await session.perform(
    request.operation,
    request.target,
    call,
    async ({ once, direct }, options) =>
      (await sendDirectly(direct, request, payload, options)) ?? (await sendBySdk(once, request, payload, options)),
  );
  const crc32 = payload.crc32();
  const theirs = answer.ChecksumCRC32 === undefined ? undefined : parseCrc32Base64(answer.ChecksumCRC32);
  if (theirs !== undefined && theirs !== crc32) throw otherBytes(request.target);
  if (theirs !== undefined) {
    session.learned.noteChecksums(request.target);
    return { answer, crc32, isProved: true };
  }
  if (!withMd5) return { answer, crc32, isProved: false };
  return { answer, crc32, isProved: provedByMd5(request.target, answer, payload, { isNeeded: !withChecksums }) };
}

async function sendBySdk<R extends Receipt>(
  client: S3Client,
  request: BodyRequest<R>,
  { content, headers }: Payload,
  options: SendOptions,
): Promise<R> {
  const dress: Dress = ({ middlewareStack }) => addHeaders(middlewareStack as Stack, headers);
  const { stream, failed } = sdkStream(content);
  try {
    return await Promise.race([request.send(client, stream, dress, options), failed]);
  } catch (error) {
    // How much of it was sent, the SDK does not tell.
    throw options.abortSignal.aborted ? unanswered() : error;
  } finally {
    stream.destroy();
  }
}

async function sendDirectly<R extends Receipt>(
  direct: DirectS3,
  { operation, target, query, headers = {}, read }: BodyRequest<R>,
  { content, headers: dressed }: Payload,
  { abortSignal }: SendOptions,
): Promise<R | undefined> {
  const request: DirectRequest = {
    operation,
    method: 'PUT',
    bucket: target.bucket,
    key: target.key,
    ...stated({ query }),
    headers: withPayload({ 'content-type': 'application/octet-stream', ...headers }, dressed),
    content,
  };
  const answer = await direct.send(request, abortSignal);
  return answer === undefined ? undefined : read(answer);
}

/** What the object is encoded with stays, in front of what is only the way it travels. */
function withPayload(
  own: Readonly<Record<string, string>>,
  payload: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const encodings = [own['content-encoding'], payload['content-encoding']].filter((each) => each !== undefined);
  return { ...own, ...payload, ...(encodings.length === 0 ? {} : { 'content-encoding': encodings.join(',') }) };
}

/** What is used of the SDK's middleware stack, whose own type says more than fits every command. */
interface Stack {
  add(middleware: (next: Step) => Step, options: { step: 'build'; name: string; priority: 'low' }): void;
}
type Step = (args: { request: { headers: Readonly<Record<string, string>> } }) => Promise<unknown>;

/** The last thing before signing: payload hash, length and encoding as `payload.ts` sends them. */
function addHeaders(stack: Stack, headers: Readonly<Record<string, string>>): void {
  stack.add(
    (next) => (args) => {
      const { request } = args;
      request.headers = withPayload(request.headers, headers);
      return next(args);
    },
    { step: 'build', name: 'pieceworkPayload', priority: 'low' },
  );
}
