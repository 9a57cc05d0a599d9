import { setImmediate as nextTurn } from 'node:timers/promises';
import { fault } from '../../net/errors/fault.ts';
import type { Poolable } from '../../net/pools/pool.ts';
import type { PullSocket } from '../../net/sockets/pull-socket.ts';
import { FIELD_VALUE } from '../../values/web/http-fields.ts';
import type { Answer } from '../answer.ts';
import type { Headers } from '../grammar/headers.ts';
import type { ReadFramed } from './framed-body.ts';
import { closedEarly, readFramed } from './framed-body.ts';
import type { Head } from './head.ts';
import { framingOf, idleMsAfter, readHead } from './head.ts';

/** One connection to one origin: a GET, its answer, and then perhaps another. */
export class HttpConnection implements Poolable {
  readonly #socket: PullSocket;
  readonly #provesEnd: boolean;
  #idleMs = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  /** @param provesEnd an end of the connection is one that TLS announced. */
  constructor(socket: PullSocket, provesEnd = false) {
    this.#socket = socket;
    this.#provesEnd = provesEnd;
  }

  get usable(): boolean {
    return this.#socket.isOpen;
  }

  /** A read that waits fails with the reason; nothing lands in its memory any more. */
  close(reason?: unknown): void {
    clearTimeout(this.#idleTimer);
    this.#socket.close(reason);
  }

  /** Sends a GET and hears the head of its answer; interim ones (1xx) are passed over. */
  async ask(
    url: URL,
    headers: Headers,
    timeoutMs: number,
  ): Promise<{ readonly head: Head; readonly body: ReadFramed; readonly endProvedBy: Answer['endProvedBy'] }> {
    clearTimeout(this.#idleTimer);
    const late = () => this.close(fault('HEAD_TIMEOUT', `no answer within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    try {
      this.#socket.write(requestText(url, headers));
      const head = await this.#finalHead();
      this.#idleMs = idleMsAfter(head);
      const framing = framingOf(head);
      const endProvedBy = framing.kind !== 'untilClosed' ? 'framing' : this.#provesEnd ? 'tls' : 'nothing';
      return { head, body: readFramed(this.#socket, framing), endProvedBy };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * After the whole answer: ready for another question, or closed, by what the answer said and by what followed it.
   * That is seen one turn of the event loop later: a server that says too much, or hangs up without saying so, mostly
   * does it at once.
   */
  async finish(): Promise<void> {
    if (this.#idleMs === 0) return this.close();
    const stirred = () => this.close();
    this.#socket.rest(stirred);
    await nextTurn();
    this.#idleTimer = setTimeout(stirred, this.#idleMs).unref();
  }

  async #finalHead(): Promise<Head> {
    for (;;) {
      const head = await readHead(this.#socket);
      if (head === undefined) throw closedEarly();
      if (head.status >= 200) return head;
      // These were not asked for: what follows is not what was asked for either.
      if (head.status === 100 || head.status === 101) throw closedEarly();
    }
  }
}

function requestText({ pathname, search, host }: URL, headers: Headers): string {
  const lines = Object.entries({ host, connection: 'keep-alive', ...headers }).map(([name, value]) => {
    // Checked before, each where it comes from. A line break would be another request, and so would a
    // character beyond latin1 whose low byte is one: it would be cut to that.
    if (!FIELD_VALUE.test(value)) throw new RangeError(`the header ${name} has characters that a header can't carry`);
    return `${name}: ${value}\r\n`;
  });
  return `GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
