import type { EventRing, FeedEvent } from './ring.ts';

export interface ReaderParts {
  readonly ring: EventRing;
  /** Of this start of the server: numbers of another start mean nothing here. */
  readonly boot: string;
  /** `BOOT-NUMBER` of the last event that the reader got. @default it gets what happens from now on */
  readonly lastEventId?: string;
  /** A comment, so that both ends see that the other is there. */
  readonly heartbeatMs: number;
}

/** Bytes that are made for one reader at a time: the next ones are made when these are on their way. */
const CHUNK_CHARACTERS = 64 * 1024;

/**
 * One reader of the events. It holds a place in the ring, and nothing of its own: one that is slower than the ring is
 * long gets `reset`, and goes on with what is new.
 */
export class FeedReader {
  readonly #parts: ReaderParts;
  #at: number;
  #opening: string;
  #latest: FeedEvent | undefined;
  #hasEnded = false;
  #isGone = false;
  #wake: () => void = () => {};

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    const { ring, boot, lastEventId } = parts;
    const from = lastEventId === undefined ? ring.next : numberOf(lastEventId, boot);
    const isKnown = from !== undefined && ring.at(from) !== 'gone';
    this.#at = isKnown ? from : ring.next;
    this.#opening = isKnown ? `id: ${boot}-${this.#at - 1}\n\n` : this.#reset();
  }

  /** The stream's bytes. Cancelling it is leaving. */
  stream(onLeave: () => void): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const text = await this.#next();
          if (this.#isGone) return;
          if (text !== undefined) controller.enqueue(encoder.encode(text));
          else {
            onLeave();
            controller.close();
          }
        },
        cancel: () => {
          this.#isGone = true;
          this.end();
          onLeave();
        },
      },
      // Nothing is made before it is asked for.
      { highWaterMark: 0 },
    );
  }

  /** Something is new in the ring. */
  wake(): void {
    this.#wake();
  }

  /** A state of which only the latest matters: it has no number, and is not repeated. */
  show(event: FeedEvent): void {
    this.#latest = event;
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  async #next(): Promise<string | undefined> {
    for (;;) {
      const text = this.#take();
      if (text !== '') return text;
      if (this.#hasEnded) return undefined;
      if (!(await this.#news())) return ': still here\n\n';
    }
  }

  #take(): string {
    let text = this.#opening;
    this.#opening = '';
    const { ring, boot } = this.#parts;
    while (text.length < CHUNK_CHARACTERS) {
      const event = ring.at(this.#at);
      if (event === undefined) break;
      if (event === 'gone') {
        this.#at = ring.next;
        text += this.#reset();
        continue;
      }
      text += `id: ${boot}-${this.#at}\n${textOf(event)}`;
      this.#at += 1;
    }
    const latest = this.#latest;
    this.#latest = undefined;
    return latest === undefined ? text : text + textOf(latest);
  }

  /** False = there was none for so long that a sign of life is due. */
  async #news(): Promise<boolean> {
    const { heartbeatMs } = this.#parts;
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), heartbeatMs);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #reset(): string {
    return `id: ${this.#parts.boot}-${this.#at - 1}\n${textOf({ type: 'reset', data: '{}' })}`;
  }
}

function textOf({ type, data }: FeedEvent): string {
  return `event: ${type}\ndata: ${data}\n\n`;
}

/** Of the event that comes after it. */
function numberOf(id: string, boot: string): number | undefined {
  const [, of, number = ''] = /^(\w{1,40})-(\d{1,15})$/.exec(id) ?? [];
  return of === boot ? Number(number) + 1 : undefined;
}
