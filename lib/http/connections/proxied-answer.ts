import type { Dispatcher } from 'undici';
import type { IncomingBody } from '../../net/bodies/incoming-body.ts';
import { readerOfChunks } from '../../net/bodies/incoming-body.ts';
import type { Where } from '../../net/errors/source-error.ts';
import type { Answer } from '../answer.ts';
import { drain } from '../answer.ts';
import type { Headers } from '../grammar/headers.ts';
import { toHttpError } from './errors.ts';

/** Chunks (of 64 KiB at most) that may wait for their reader before the socket is paused. */
const QUEUED_BYTES = 128 * 1024;

type End = 'complete' | { readonly reason: unknown };

/** From request to last byte. Ends once: by the end of the body, by a failure, by the signal, or by being discarded. */
export class ProxiedAnswer implements Dispatcher.DispatchHandler, IncomingBody {
  readonly #url: URL;
  readonly #proxy: string;
  readonly #signal: AbortSignal;
  readonly #head = Promise.withResolvers<Answer>();
  #controller: Dispatcher.DispatchController | undefined;
  #phase: Where['phase'] = 'head';
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #end: End | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(url: URL, proxy: string, signal: AbortSignal) {
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
    const given = joined(headers);
    // undici does not tell how TLS ended; a tunnel of ours does (`tunnel.ts`).
    const isFramed = given['content-length'] !== undefined || given['transfer-encoding'] !== undefined;
    const endProvedBy = isFramed ? 'framing' : 'nothing';
    this.#head.resolve({ url: this.#url, status, headers: given, body: this, endProvedBy });
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
    this.#stop(toHttpError(error, { url: this.#url, phase: this.#phase, proxy: this.#proxy }));
  }

  readonly read = readerOfChunks(() => this.#next());

  async #next(): Promise<Uint8Array | undefined> {
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
    if (this.#end === undefined) await drain(this.read, restBytes, () => this.#stop(gone));
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
