import type { ReadFramed } from '../../http/connections/framed-body.ts';
import { readFramed } from '../../http/connections/framed-body.ts';
import type { Head } from '../../http/connections/head.ts';
import { framingOf, idleMsAfter, readHead } from '../../http/connections/head.ts';
import { fault } from '../../net/errors/fault.ts';
import type { Poolable } from '../../net/pools/pool.ts';
import type { PullSocket } from '../../net/sockets/pull-socket.ts';
import { checkText, isForgiven, late, MOST_ANSWER_BYTES, still, tooLong } from '../bounds.ts';
import { LAST_ANSWER_MS, unanswered } from '../last-answer.ts';

/**
 * What is sent of a request's body: all of it, or what is handed on at once, part for part, each valid until the next
 * one is asked for.
 */
export type Content = Uint8Array | AsyncGenerator<readonly Uint8Array[], undefined>;

export interface Question {
  readonly method: 'HEAD' | 'PUT';
  /** With its empty line; characters are bytes. */
  readonly head: string;
  readonly content?: Content | undefined;
  /** Of the content, as it is sent. */
  readonly contentBytes?: number;
}

export interface StoreAnswer {
  readonly status: number;
  /** Lower-case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ConnectionLimits {
  /** Longest time without a byte in either direction. */
  readonly idleTimeoutMs: number;
  /** From the end of a request to its answer's head, and from there to the end of it. */
  readonly answerTimeoutMs: number;
}

/**
 * Large enough that TLS is cheap, small enough that encrypting one does not hold the event loop nor double the memory
 * (one 64 MiB write is encrypted whole).
 */
const SLICE_BYTES = 256 * 1024;
/** So much goes with its head, in one write. */
const SMALL_BYTES = 16 * 1024;
const NOTHING = Buffer.alloc(0);

/** One connection to a store: a request, its answer, and then perhaps another. */
export class StoreConnection implements Poolable {
  readonly #socket: PullSocket;
  readonly #limits: ConnectionLimits;
  #small: Buffer | undefined;
  /** All of a PUT was handed on: the store may do it, even when the connection is closed. */
  #mayTakeEffect = false;
  #stopTimer: NodeJS.Timeout | undefined;
  #idleMs = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(socket: PullSocket, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#limits = limits;
    const { idleTimeoutMs } = limits;
    socket.closeWhenStill(idleTimeoutMs, () => still(idleTimeoutMs));
  }

  get usable(): boolean {
    return this.#socket.isOpen;
  }

  close(reason?: unknown): void {
    clearTimeout(this.#idleTimer);
    this.#socket.close(reason);
  }

  /**
   * Ends the request that is under way. A PUT that is on its way whole takes effect although its connection is closed:
   * its answer is waited for, a second at most, so that what comes next finds what it did; then `ask` rejects with
   * `unanswered`.
   */
  stop(reason: unknown): void {
    if (this.#mayTakeEffect) this.#stopTimer ??= setTimeout(() => this.close(unanswered()), LAST_ANSWER_MS);
    else this.close(reason);
  }

  /** Sends a request and hears its answer, which may come before all is sent. Throws what broke the connection. */
  async ask(question: Question): Promise<StoreAnswer> {
    clearTimeout(this.#idleTimer);
    const hearing = this.#hearHead();
    // Sending fails with the connection as well.
    hearing.catch(() => {});
    const isSent = await this.#send(question, hearing);
    const { answerTimeoutMs } = this.#limits;
    let awaited = 'its answer';
    const timer = setTimeout(() => this.close(late(awaited, answerTimeoutMs)), answerTimeoutMs);
    try {
      const head = await hearing;
      awaited = 'the end of its answer';
      timer.refresh();
      const body = question.method === 'HEAD' ? NOTHING : await this.#hearBody(head);
      this.#idleMs = isSent ? idleMsAfter(head, this.#limits.idleTimeoutMs) : 0;
      return { status: head.status, headers: head.headers, body };
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#stopTimer);
      this.#stopTimer = undefined;
      this.#mayTakeEffect = false;
    }
  }

  /** After a whole answer: ready for another request, or closed, by what the answer said and by what followed it. */
  finish(): void {
    if (this.#idleMs === 0) {
      this.close();
      return;
    }
    const stirred = () => this.close();
    this.#socket.rest(stirred);
    // Else it is closed when it was still for so long anyway.
    if (this.#idleMs < this.#limits.idleTimeoutMs) this.#idleTimer = setTimeout(stirred, this.#idleMs).unref();
  }

  /** @returns whether all was sent: the rest is not once there is an answer. */
  async #send({ method, head, content, contentBytes = 0 }: Question, hearing: Promise<unknown>): Promise<boolean> {
    const bytes = content instanceof Uint8Array ? content : NOTHING;
    let left = content === bytes ? bytes.length : contentBytes;
    const handed = (count: number) => {
      left -= count;
      this.#mayTakeEffect = method === 'PUT' && left <= 0;
    };
    if (content === undefined || (content === bytes && head.length + bytes.length <= SMALL_BYTES)) {
      this.#socket.write(this.#joined(head, bytes));
      handed(bytes.length);
      return true;
    }
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    const answered = hearing.then(over, over);
    // What breaks it off, the answer's reader tells, who may have heard one before.
    const hand = async (parts: readonly Uint8Array[]) => {
      const sending = this.#socket.send(parts).catch(over);
      handed(parts.reduce((sum, { length }) => sum + length, 0));
      await Promise.race([sending, answered]);
    };
    this.#socket.write(head);
    if (content === bytes) {
      for (let at = 0; at < bytes.length && !isOver; at += SLICE_BYTES)
        await hand([bytes.subarray(at, at + SLICE_BYTES)]);
      return !isOver;
    }
    const parts = content as Exclude<Content, Uint8Array>;
    for (;;) {
      const next = isOver ? undefined : await Promise.race([parts.next(), answered]);
      if (next?.value === undefined) return !isOver;
      await hand(next.value);
    }
  }

  /** Memory of the connection's own: its last request was answered. */
  #joined(head: string, bytes: Uint8Array): Uint8Array | string {
    if (bytes.length === 0) return head;
    this.#small ??= Buffer.allocUnsafeSlow(SMALL_BYTES);
    const at = this.#small.write(head, 'latin1');
    this.#small.set(bytes, at);
    return this.#small.subarray(0, at + bytes.length);
  }

  /** Interim answers (1xx) are passed over. */
  async #hearHead(): Promise<Head> {
    for (;;) {
      const head = await readHead(this.#socket);
      if (head === undefined) throw fault('ECONNRESET', 'the store closed the connection');
      if (head.status >= 200) return head;
      if (head.status === 101) throw fault('HEAD_MALFORMED', 'another protocol than was asked for');
    }
  }

  /** All of it, unless it is too long, too slow or no XML of S3. */
  async #hearBody(head: Head): Promise<Buffer> {
    const framing = framingOf(head);
    if (framing.kind === 'length' && framing.bytes === 0) return NOTHING;
    try {
      if (framing.kind === 'length' && framing.bytes > MOST_ANSWER_BYTES) throw tooLong();
      const body = await collect(readFramed(this.#socket, framing));
      checkText(body);
      return body;
    } catch (error) {
      // What is left of it would be read as the next answer.
      this.close();
      if (isForgiven(head.status, error)) return NOTHING;
      throw (error as { code?: unknown }).code === 'CLOSED_EARLY'
        ? fault('ECONNRESET', 'the store closed the connection in its answer')
        : error;
    }
  }
}

async function collect(read: ReadFramed): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const into = Buffer.allocUnsafe(SMALL_BYTES);
    const got = await read(into, 0);
    if (got === 0) return Buffer.concat(chunks);
    bytes += got;
    if (bytes > MOST_ANSWER_BYTES) throw tooLong();
    chunks.push(into.subarray(0, got));
  }
}
