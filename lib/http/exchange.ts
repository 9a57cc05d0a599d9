import type { Dispatcher } from 'undici';
import type { Dispatchers } from './dispatcher.ts';
import type { Where } from './errors.ts';
import { toSourceError } from './errors.ts';

/** Names in lower case, several of one name joined by `, ` (RFC 9110 §5.3); characters are the bytes (latin1). */
export type Headers = Readonly<Record<string, string>>;

export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

/** The raw body: never decoded, not yet counted. Whoever has an answer discards its body or reads it to the end. */
export interface AnswerBody {
  /** `undefined` = the end. The chunk is the caller's. @throws PieceworkError, or the signal's reason. */
  next(): Promise<Uint8Array | undefined>;
  /** Frees the connection: by reading on when little is left (unknown `restBytes` are tried), else by closing it. */
  discard(restBytes?: number): Promise<void>;
}

/** Chunks (of 64 KiB at most) that may wait for their reader before the socket is paused. */
const QUEUED_BYTES = 128 * 1024;
/** A new connection costs more than reading this. */
const SMALL_REST_BYTES = 64 * 1024;
const DRAIN_MS = 1_000;

/** One GET, one answer: no redirect followed, nothing retried. @throws PieceworkError, or the signal's reason. */
export function exchange(dispatchers: Dispatchers, url: URL, headers: Headers, signal: AbortSignal): Promise<Answer> {
  const { dispatcher, proxy } = dispatchers.route(url);
  const incoming = new Incoming(url, proxy, signal);
  if (!signal.aborted) {
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'GET',
        headers: { ...headers },
        headersTimeout: dispatchers.headersTimeoutMs,
        bodyTimeout: dispatchers.stallTimeoutMs,
      },
      incoming,
    );
  }
  return incoming.answer;
}

type End = 'complete' | { readonly reason: unknown };

/** From request to last byte. Ends once: by the end of the body, by a failure, by the signal, or by being discarded. */
class Incoming implements Dispatcher.DispatchHandler, AnswerBody {
  readonly #url: URL;
  readonly #proxy: string | undefined;
  readonly #signal: AbortSignal;
  readonly #head = Promise.withResolvers<Answer>();
  #controller: Dispatcher.DispatchController | undefined;
  #phase: Where['phase'] = 'head';
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #end: End | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(url: URL, proxy: string | undefined, signal: AbortSignal) {
    this.#url = url;
    this.#proxy = proxy;
    this.#signal = signal;
    if (signal.aborted) this.#stop(signal.reason);
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get answer(): Promise<Answer> {
    return this.#head.promise;
  }

  readonly #onAbort = (): void => this.#stop(this.#signal.reason);

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while it waited for its connection.
    if (this.#end !== undefined) controller.abort(new Error('no longer wanted'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#end !== undefined) return;
    this.#phase = 'body';
    this.#head.resolve({ url: this.#url, status, headers: joined(headers), body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#end !== undefined) return;
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes >= QUEUED_BYTES) controller.pause();
    this.#wake();
  }

  onResponseEnd(): void {
    // undici takes a connection back one turn of the event loop from now. A reader who knew of the end before that
    // would ask again too early and be given one connection more.
    queueMicrotask(() =>
      setImmediate(() => {
        if (this.#end === undefined) this.#finish('complete');
      }),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const proxy = this.#proxy === undefined ? {} : { proxy: this.#proxy };
    this.#stop(toSourceError(error, { url: this.#url, phase: this.#phase, ...proxy }));
  }

  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#end !== undefined && this.#end !== 'complete') throw this.#end.reason;
      // All of it may be here already, and is not wanted any more.
      if (this.#signal.aborted) throw this.#signal.reason;
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#queuedBytes -= chunk.length;
        return chunk;
      }
      if (this.#end === 'complete') return undefined;
      this.#controller?.resume();
      if (this.#chunks.length === 0 && this.#end === undefined) await this.#changed.promise;
    }
  }

  async discard(restBytes = 0): Promise<void> {
    const gone = new Error('the body was discarded');
    if (this.#end === undefined && restBytes <= SMALL_REST_BYTES) {
      const timer = setTimeout(() => this.#stop(gone), DRAIN_MS);
      try {
        let drained = 0;
        for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
          drained += chunk.length;
          if (drained > SMALL_REST_BYTES) break;
        }
      } catch {
        // Then the connection is closed, which frees it as well.
      } finally {
        clearTimeout(timer);
      }
    }
    this.#stop(gone);
    this.#chunks = [];
  }

  #stop(reason: unknown): void {
    if (this.#end !== undefined) return;
    this.#finish({ reason });
    this.#chunks = [];
    this.#head.reject(reason);
    this.#controller?.abort(new Error('stopped'));
  }

  #finish(end: End): void {
    this.#end = end;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function joined(headers: Record<string, string | string[] | undefined>): Headers {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}
