import type { Readable } from 'node:stream';
import type { IncomingBody } from './incoming-body.ts';
import { readerOfChunks } from './incoming-body.ts';

export interface StreamBodyOptions {
  readonly signal: AbortSignal;
  /** Longest wait for a chunk; 0 = for ever. */
  readonly stallTimeoutMs: number;
  /** What a failure of the stream, or `undefined` for one that went silent, is called. */
  failure(cause: unknown): Error;
}

/** A stream that is read on demand, so that what is not asked for stays with its sender. */
export function streamBody(stream: Readable, { signal, stallTimeoutMs, failure }: StreamBodyOptions): IncomingBody {
  let failed: { readonly cause: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const onAbort = () => {
    stream.destroy();
    wake();
  };
  const onError = (cause: unknown) => {
    failed ??= { cause };
    wake();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  stream.on('readable', wake).on('end', wake).on('close', wake).on('error', onError);
  if (signal.aborted) onAbort();

  async function wait(): Promise<void> {
    const { promise } = changed;
    if (stallTimeoutMs === 0) return await promise;
    let stalled = false;
    const timer = setTimeout(() => {
      stalled = true;
      wake();
    }, stallTimeoutMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
    if (stalled) {
      stream.destroy();
      throw failure(undefined);
    }
  }

  async function next(): Promise<Uint8Array | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const chunk: Uint8Array | null = failed === undefined ? stream.read() : null;
      if (chunk !== null) return chunk;
      if (failed !== undefined) throw failure(failed.cause);
      if (stream.readableEnded) return undefined;
      if (stream.destroyed) throw failure(new Error('the stream was closed before its end'));
      await wait();
    }
  }

  return {
    read: readerOfChunks(next),
    async discard() {
      signal.removeEventListener('abort', onAbort);
      stream.destroy();
      wake();
    },
  };
}
