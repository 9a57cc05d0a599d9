import type { Readable } from 'node:stream';
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { PieceworkError } from '../../errors/error.ts';
import { decodedUtf8 } from '../../http/grammar/headers.ts';
import { rangeAnswerOf } from '../../http/grammar/range-answer.ts';
import { parseContentRange, toRangeHeader } from '../../http/grammar/range-fields.ts';
import { bodyReader } from '../../net/bodies/body-reader.ts';
import type { SpeedFloor } from '../../net/bodies/speed.ts';
import { streamBody } from '../../net/bodies/stream-body.ts';
import type { NetSettings } from '../../net/settings.ts';
import type { Clients } from '../../s3/client.ts';
import { secretsOf } from '../../s3/client.ts';
import { setsClock } from '../../s3/skew.ts';
import { storeWords } from '../../s3/words.ts';
import type { RangeAnswer } from '../../transfer/checks/range-answer.ts';
import { checkRangeAnswer } from '../../transfer/checks/range-check.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { ByteRange } from '../../values/ranges.ts';
import { rangeLength } from '../../values/ranges.ts';
import { stated } from '../../values/stated.ts';
import { readError, s3SourceError } from './errors.ts';
import { validatorOf, withoutTransport } from './snapshot.ts';
import type { S3Target } from './url.ts';

/** How stores are asked. */
export interface S3Context {
  readonly settings: Pick<NetSettings, 'stallTimeoutMs'>;
  readonly floorOf: (server: string) => SpeedFloor;
  clients(target: S3Target): Promise<Clients>;
  now(): number;
}

export async function headOf(context: S3Context, target: S3Target, call: Call): Promise<HeadObjectCommandOutput> {
  try {
    return await perform(context, target, call, ({ once }, options) =>
      once.send(new HeadObjectCommand({ ...wanted(target), ChecksumMode: 'ENABLED' }), options),
    );
  } catch (error) {
    // A HEAD that is refused has no body to say why. The same question as a GET has, and may be allowed.
    const status = error instanceof PieceworkError ? error.details.sourceStatus : undefined;
    if (status === undefined || status >= 500) throw error;
    const got = await headByGet(context, target, call);
    // The wrong region stays wrong.
    if (status < 400) throw error;
    return got;
  }
}

/** What the head of a GET says of an object; the size from its first byte's place. */
async function headByGet(context: S3Context, target: S3Target, call: Call): Promise<HeadObjectCommandOutput> {
  const get = (range: { Range?: string }) =>
    perform(context, target, call, async ({ once }, options) => {
      const { Body, ...answer } = await once.send(new GetObjectCommand({ ...wanted(target), ...range }), options);
      (Body as Readable | undefined)?.destroy();
      return answer;
    });
  const answer = await get({ Range: 'bytes=0-0' }).catch((error: unknown) => {
    // An empty object has no first byte.
    if (error instanceof PieceworkError && error.code === 'SourceRangeRefused') return get({});
    throw error;
  });
  const totalBytes = parseContentRange(answer.ContentRange ?? '')?.totalBytes;
  return { ...answer, ...(answer.ContentRange === undefined ? {} : { ContentLength: totalBytes }) };
}

function wanted({ object, versionId }: S3Target) {
  return { Bucket: object.bucket, Key: object.key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

/** Reads nothing of an answer that `checkRangeAnswer` does not accept. */
export async function openRange(
  context: S3Context,
  target: S3Target,
  snapshot: Snapshot,
  range: ByteRange,
  call: Call,
): Promise<ByteReader> {
  if (rangeLength(range) === 0) return EMPTY;
  const { validator } = snapshot;
  const command = new GetObjectCommand({
    ...wanted(target),
    Range: toRangeHeader(range),
    ...(validator.kind === 'strong' || validator.kind === 'weak' ? { IfMatch: validator.etag } : {}),
  });
  const answer = await perform(context, target, call, ({ once }, options) => once.send(command, options));
  const stream = answer.Body as Readable;
  const verdict = checkRangeAnswer(range, snapshot, answerHead(answer), { sentIfRange: false });
  if (verdict.kind !== 'accepted') {
    stream.on('error', () => {}).destroy();
    throw verdict.kind === 'refused'
      ? s3SourceError(verdict.code, target, verdict.because)
      : s3SourceError('RangesNotHonoured', target, 'the store ignores the range');
  }
  const { stallTimeoutMs } = context.settings;
  const body = streamBody(stream, {
    signal: call.signal,
    stallTimeoutMs,
    failure: (cause) =>
      cause === undefined
        ? s3SourceError('SourceStalled', target, 'the body stopped coming')
        : s3SourceError('BodyShort', target, 'the connection broke before the body was complete', cause),
  });
  return bodyReader({
    url: new URL(target.shown),
    body,
    expectedBytes: rangeLength(range),
    floor: context.floorOf(new URL(target.shown).host),
  });
}

function answerHead({ ContentRange, ContentLength, ContentType, ...answer }: GetObjectCommandOutput): RangeAnswer {
  return rangeAnswerOf({
    status: ContentRange === undefined ? 200 : 206,
    validator: validatorOf(answer.ETag),
    ...stated({
      contentRange: ContentRange,
      contentLength: ContentLength === undefined ? undefined : String(ContentLength),
      contentEncoding: withoutTransport(answer.ContentEncoding),
      contentType: ContentType === undefined ? undefined : decodedUtf8(ContentType),
    }),
  });
}

const EMPTY: ByteReader = { read: async () => 0, [Symbol.asyncDispose]: async () => {} };

/**
 * One try, and another by the store's time where ours is wrong. Turns whatever goes wrong into a `PieceworkError`; an
 * aborted signal into its own reason.
 */
async function perform<T>(
  context: S3Context,
  target: S3Target,
  { signal }: Call,
  send: (clients: Clients, options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const attempt = async () => send(await context.clients(target), { abortSignal: signal });
  try {
    return await attempt().catch(async (error: unknown) => {
      signal.throwIfAborted();
      if (!setsClock(await context.clients(target), error, context.now())) throw error;
      return await attempt();
    });
  } catch (error) {
    signal.throwIfAborted();
    const words = await storeWords(error, async () => secretsOf(await context.clients(target)));
    throw readError(error, target, context.now(), words);
  }
}
