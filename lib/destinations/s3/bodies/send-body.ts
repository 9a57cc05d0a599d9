import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../../errors/error.ts';
import { parseCrc32Base64 } from '../../../integrity/crc32.ts';
import type { S3Locator } from '../../../s3/client.ts';
import type { Body } from '../../../values/bytes.ts';
import type { Call } from '../../../values/call.ts';
import { isCode } from '../answers.ts';
import { describePlace } from '../errors.ts';
import type { SendOptions, Session } from '../session.ts';
import type { Payload } from './payload.ts';
import { payloadOf } from './payload.ts';

/** What the store says of a body that it took. */
interface Receipt {
  readonly ChecksumCRC32?: string | undefined;
}

export interface BodyRequest<R extends Receipt> {
  readonly operation: 'UploadPart' | 'PutObject';
  readonly target: S3Locator;
  readonly sizeBytes: number;
  /** May be sent again by itself where the body can be. */
  readonly repeatable: boolean;
  /** Makes the command, has it dressed, sends it. */
  send(client: S3Client, stream: Readable, dress: Dress, options: SendOptions): Promise<R>;
}

/** Puts our own headers on a command's request. */
type Dress = (command: { readonly middlewareStack: object }) => void;

/** Sends a body and returns the store's answer with our own CRC32 of what was sent. */
export async function sendBody<R extends Receipt>(
  session: Session,
  request: BodyRequest<R>,
  body: Body,
  call: Call,
): Promise<{ answer: R; crc32: number }> {
  if (body.kind === 'windows' && !session.unsignedPayload) {
    throw new PieceworkError(
      'DestinationUnsupported',
      `${describePlace(request.target)}: with signed payloads a body has to fit into one window; choose smaller pieces or larger windows`,
    );
  }
  const attempt = () => sendOnce(session, request, payloadOf(body, request.sizeBytes, session.unsignedPayload), call);
  if (body.kind === 'windows' || !request.repeatable) return attempt();
  let unsure: unknown;
  return session.repeat(`${request.target.key} ${body.crc32}`, call, async () => {
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

async function sendOnce<R extends Receipt>(
  session: Session,
  request: BodyRequest<R>,
  payload: Payload,
  call: Call,
): Promise<{ answer: R; crc32: number }> {
  const dress: Dress = ({ middlewareStack }) => addHeaders(middlewareStack as Stack, payload.headers);
  try {
    const answer = await session.perform(request.operation, request.target, call, ({ once }, options) =>
      Promise.race([request.send(once, payload.stream, dress, options), payload.failed]),
    );
    const crc32 = payload.crc32();
    const theirs = answer.ChecksumCRC32 === undefined ? undefined : parseCrc32Base64(answer.ChecksumCRC32);
    if (theirs !== undefined && theirs !== crc32) {
      throw new PieceworkError(
        'ChecksumMismatch',
        `${describePlace(request.target)}: the store's checksum of what it received is not that of what was sent`,
      );
    }
    return { answer, crc32 };
  } finally {
    payload.stream.destroy();
  }
}

/** What is used of the SDK's middleware stack, whose own type says more than fits every command. */
interface Stack {
  add(middleware: (next: Step) => Step, options: { step: 'build'; name: string; priority: 'low' }): void;
}
type Step = (args: { request: { headers: Record<string, string> } }) => Promise<unknown>;

/** The last thing before signing: payload hash, length and encoding as `payload.ts` sends them. */
function addHeaders(stack: Stack, headers: Readonly<Record<string, string>>): void {
  stack.add(
    (next) => (args) => {
      const own = args.request.headers;
      const stored = own['content-encoding'];
      Object.assign(own, headers);
      // What the object is encoded with stays, in front of what is only the way it travels.
      if (stored !== undefined && headers['content-encoding'] !== undefined) {
        own['content-encoding'] = `${stored},${headers['content-encoding']}`;
      }
      return next(args);
    },
    { step: 'build', name: 'pieceworkPayload', priority: 'low' },
  );
}
