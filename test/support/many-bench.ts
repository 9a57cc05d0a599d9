import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Source, Sources } from '../../lib/sources/source.ts';
import type { Origin } from './origin.ts';

/** How many of something there are at a time, and were at most. */
export class Gauge {
  now = 0;
  most = 0;

  enter(): void {
    this.now += 1;
    this.most = Math.max(this.most, this.now);
  }

  leave(): void {
    this.now -= 1;
  }
}

/** The sources, with the probes and ranges counted that are open at a time: each is one connection. */
export function counted(sources: Sources, open: Gauge): Sources {
  return (url) => {
    const source = sources(url);
    const during = async <T extends AsyncDisposable>(opening: Promise<T>): Promise<T> => {
      open.enter();
      try {
        const opened = await opening;
        let isOpen = true;
        return {
          ...opened,
          async [Symbol.asyncDispose]() {
            await opened[Symbol.asyncDispose]();
            if (isOpen) open.leave();
            isOpen = false;
          },
        };
      } catch (error) {
        open.leave();
        throw error;
      }
    };
    const counting: Source = {
      schemes: source.schemes,
      probe: (from, firstBytes, call) => during(source.probe(from, firstBytes, call)),
      open: (from, snapshot, range, call) => during(source.open(from, snapshot, range, call)),
      copySource: (from) => source.copySource(from),
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
    return counting;
  };
}

/** Answers ranges of these bytes, each when `pass` resolves. */
export function rangesOf(bytes: Uint8Array, pass: (range: string) => Promise<void> = async () => {}) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = request.headers.range ?? 'bytes=0-';
    await pass(asked);
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(asked) ?? [];
    const start = Number(from);
    const end = to === '' ? bytes.length : Math.min(Number(to) + 1, bytes.length);
    response.writeHead(206, {
      etag: '"v1"',
      'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
      'content-length': end - start,
    });
    response.end(bytes.subarray(start, end));
  };
}

/** Holds who comes until it is opened, for one or for all. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #isOpen = false;

  get waiting(): number {
    return this.#waiting.length;
  }

  async pass(): Promise<void> {
    if (this.#isOpen) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  letOneGo(): void {
    this.#waiting.shift()?.();
  }

  open(): void {
    this.#isOpen = true;
    for (const go of this.#waiting.splice(0)) go();
  }
}

/** A source whose pieces wait for the gate; the first look is let through. */
export function heldSource(origin: Origin, bytes: Uint8Array, path = '/file.bin') {
  const gate = new Gate();
  const handler = rangesOf(bytes, async (range) => {
    if (!range.startsWith('bytes=0-')) await gate.pass();
  });
  return { gate, url: origin.serve(path, handler) };
}
