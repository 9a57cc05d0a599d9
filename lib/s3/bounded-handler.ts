import { Readable } from 'node:stream';
import type { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { checkText, isForgiven, isLate, late, MOST_ANSWER_BYTES, tooLong } from './bounds.ts';

type Handle = NodeHttpHandler['handle'];
type HandlerOptions = NonNullable<Parameters<Handle>[1]>;

/**
 * S3 keeps the connection of a long operation open with white space, for minutes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
const LONG_WORK_MS = 15 * 60_000;

/**
 * A handler of requests that does not wait for an answer for ever, and does not keep all that a store likes to send.
 * What is not the object itself is read here, to its end: the SDK would read it without bound. Of an error whose body
 * is too long, too slow or no XML of S3, the status and the headers are kept, which say what happened; any other answer
 * like that is an error named `AnswerTooLong`, `TimeoutError` or `AnswerMalformed`.
 */
export class BoundedHandler extends NodeHttpHandler {
  readonly #answerTimeoutMs: number;

  /** @param answerTimeoutMs from the end of the request to the answer's head, and from there to the end of its body. */
  constructor(options: ConstructorParameters<typeof NodeHttpHandler>[0], answerTimeoutMs: number) {
    super(options);
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  override async handle(request: HttpRequest, options: HandlerOptions = {}): ReturnType<Handle> {
    const answered = await this.#head(request, options);
    const { response } = answered;
    if (isObject(request, response)) return answered;
    const { body }: { body?: unknown } = response;
    if (body instanceof Readable) response.body = await this.#whole(request, response, body, options);
    return answered;
  }

  async #head(request: HttpRequest, options: HandlerOptions): ReturnType<Handle> {
    const stop = new AbortController();
    using _ = forwarded(options.abortSignal, (reason) => stop.abort(reason));
    let timer: NodeJS.Timeout | undefined;
    const begin = () => {
      timer ??= setTimeout(() => stop.abort(late('its answer', this.#answerTimeoutMs)), this.#answerTimeoutMs);
    };
    const { body }: { body?: unknown } = request;
    // While a body is sent, however slowly, the store has nothing to answer yet.
    if (body instanceof Readable) body.once('end', begin);
    else begin();
    try {
      return await super.handle(request, { ...options, abortSignal: stop.signal });
    } catch (error) {
      const { reason }: { reason?: unknown } = stop.signal;
      throw isLate(reason) ? reason : error;
    } finally {
      clearTimeout(timer);
      if (body instanceof Readable) body.off('end', begin);
    }
  }

  async #whole(
    request: HttpRequest,
    { statusCode }: HttpResponse,
    body: Readable,
    options: HandlerOptions,
  ): Promise<Uint8Array> {
    const timeoutMs = statusCode < 300 && isLongWork(request) ? LONG_WORK_MS : this.#answerTimeoutMs;
    const timer = setTimeout(() => body.destroy(late('the end of its answer', timeoutMs)), timeoutMs);
    using _ = forwarded(options.abortSignal, () => body.destroy(new DOMException('aborted', 'AbortError')));
    try {
      const bytes = await collect(body);
      checkText(bytes);
      return bytes;
    } catch (error) {
      if (isForgiven(statusCode, error)) return new Uint8Array(0);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

async function collect(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop in the middle closes the connection.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** By the name that the SDK puts into each request. */
function operationOf({ query }: HttpRequest): unknown {
  return query['x-id'];
}

function isObject(request: HttpRequest, { statusCode }: HttpResponse): boolean {
  return operationOf(request) === 'GetObject' && statusCode >= 200 && statusCode < 300;
}

function isLongWork(request: HttpRequest): boolean {
  const operation = operationOf(request);
  const isCopy = operation === 'CopyObject' || operation === 'UploadPartCopy';
  return isCopy || (request.method === 'POST' && request.query['uploadId'] !== undefined);
}

/** Hears a signal until it is disposed of: an answer's signal may live as long as a transfer. */
function forwarded(given: HandlerOptions['abortSignal'], onAbort: (reason: unknown) => void): Disposable {
  if (!(given instanceof AbortSignal)) return { [Symbol.dispose]() {} };
  const hear = () => onAbort(given.reason);
  if (given.aborted) hear();
  given.addEventListener('abort', hear, { once: true });
  return { [Symbol.dispose]: () => given.removeEventListener('abort', hear) };
}
