import type { IncomingBody } from '../../net/bodies/incoming-body.ts';
import type { Where } from '../../net/errors/source-error.ts';
import type { Lease, Pool } from '../../net/pools/pool.ts';
import { withConnection } from '../../net/pools/with-connection.ts';
import type { Answer } from '../answer.ts';
import { drain } from '../answer.ts';
import type { Headers } from '../grammar/headers.ts';
import type { HttpConnection } from './connection.ts';
import type { Dispatchers } from './dispatcher.ts';
import { toHttpError } from './errors.ts';
import type { ReadFramed } from './framed-body.ts';

/** One GET, one answer: no redirect followed, nothing retried. @throws PieceworkError, or the signal's reason. */
export async function exchange(
  dispatchers: Dispatchers,
  url: URL,
  headers: Headers,
  signal: AbortSignal,
): Promise<Answer> {
  const route = dispatchers.route(url);
  signal.throwIfAborted();
  const way = route.kind === 'proxied' ? { url, proxy: route.proxy } : { url };
  try {
    const askOver = (pool: Pool<HttpConnection>) =>
      withConnection(pool, signal, (lease) => new Conversation(dispatchers, way, lease, signal).ask(headers));
    const answer = route.kind === 'proxied' ? await route.exchange(headers, signal) : await askOver(route.pool);
    const isFound = answer.status === 200 || answer.status === 206;
    if (answer.endProvedBy !== 'nothing' || !isFound || route.provingEnds === undefined) return answer;
    await answer.body.discard(Number.POSITIVE_INFINITY);
    return await askOver(route.provingEnds());
  } catch (error) {
    signal.throwIfAborted();
    throw toHttpError(error, { ...way, phase: 'head' });
  }
}

type Over = { readonly kind: 'whole' } | { readonly kind: 'failed'; readonly reason: unknown };

/**
 * From request to last byte, on one connection. Ends once: by the end of the body, by a failure, by the signal, or by
 * being discarded.
 */
class Conversation implements IncomingBody {
  readonly #dispatchers: Dispatchers;
  readonly #way: Omit<Where, 'phase'>;
  readonly #lease: Lease<HttpConnection>;
  readonly #signal: AbortSignal;
  #phase: Where['phase'] = 'head';
  #read: ReadFramed = async () => 0;
  #isReading = false;
  #over: Over | undefined;

  constructor(dispatchers: Dispatchers, way: Omit<Where, 'phase'>, lease: Lease<HttpConnection>, signal: AbortSignal) {
    this.#dispatchers = dispatchers;
    this.#way = way;
    this.#lease = lease;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  readonly #onAbort = (): void => this.#fail(this.#signal.reason);

  async ask(headers: Headers): Promise<Answer> {
    const { headersTimeoutMs } = this.#dispatchers;
    const { head, body, endProvedBy } = await this.#orFail(
      this.#lease.connection.ask(this.#way.url, headers, headersTimeoutMs),
    );
    this.#phase = 'body';
    this.#read = body;
    return { url: this.#way.url, status: head.status, headers: head.headers, body: this, endProvedBy };
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#over?.kind === 'failed') throw this.#over.reason;
    // All of it may be here already, and is not wanted any more.
    this.#signal.throwIfAborted();
    if (this.#over?.kind === 'whole') return 0;
    this.#isReading = true;
    const got = await this.#orFail(this.#read(into, this.#dispatchers.stallTimeoutMs));
    this.#isReading = false;
    if (got === 0) await this.#succeed();
    return got;
  }

  async discard(restBytes = 0): Promise<void> {
    const gone = new Error('the body was discarded');
    if (this.#over === undefined && !this.#isReading) {
      await drain(
        (into) => this.read(into),
        restBytes,
        () => this.#fail(gone),
      );
    }
    this.#fail(gone);
  }

  async #orFail<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      this.#fail(toHttpError(error, { ...this.#way, phase: this.#phase }));
      throw this.#over?.kind === 'failed' ? this.#over.reason : error;
    }
  }

  async #succeed(): Promise<void> {
    this.#end({ kind: 'whole' });
    await this.#lease.connection.finish();
    this.#lease.release('reusable');
  }

  #fail(reason: unknown): void {
    if (this.#over !== undefined) return;
    this.#end({ kind: 'failed', reason });
    this.#lease.connection.close(reason);
    this.#lease.release('spent');
  }

  #end(over: Over): void {
    this.#over = over;
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}
