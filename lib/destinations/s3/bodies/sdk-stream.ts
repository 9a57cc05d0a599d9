import { Readable } from 'node:stream';
import type { Content } from '../../../s3/direct/connection.ts';

/** A body for the SDK, which takes streams. */
export interface SdkStream {
  readonly stream: Readable;
  /** What the body itself went wrong with; the request is then to be broken off. */
  readonly failed: Promise<never>;
}

const SLICE_BYTES = 256 * 1024;

export function sdkStream(content: Content): SdkStream {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  // It may fail when nothing waits for it any more.
  failed.catch(() => {});
  const parts = content instanceof Uint8Array ? slices(content) : copies(content);
  const stream = new Readable({
    highWaterMark: SLICE_BYTES,
    read() {
      parts.next().then(
        ({ value }) => this.push(value ?? null),
        (error: unknown) => {
          fail(error);
          // Without the error: nothing listens for it here, and the request is broken off by `failed`.
          this.destroy();
        },
      );
    },
  });
  return { stream, failed };
}

/** Views: the caller keeps the bytes until the call is over. */
async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
  return undefined;
}

/** Nothing tells when the socket has let go of what it was given. */
async function* copies(content: Exclude<Content, Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  for await (const parts of content)
    for (const part of parts)
      for (let at = 0; at < part.length; at += SLICE_BYTES) yield part.slice(at, at + SLICE_BYTES);
  return undefined;
}
