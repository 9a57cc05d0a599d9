import type { IncomingBody } from '../net/bodies/incoming-body.ts';
import type { Headers } from './grammar/headers.ts';

export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly body: IncomingBody;
  /** How the end of the body is known. `nothing`: it is the end of the connection, which may have been cut. */
  readonly endProvedBy: 'framing' | 'tls' | 'nothing';
  /** Absent where no redirect led here. */
  readonly redirected?: Redirected;
}

/** What redirects made of a request. */
export interface Redirected {
  /** What of the caller's headers may be sent to `Answer.url`. */
  readonly headers: Headers;
  /** The origin's host that credentials were given for, where they were not sent to `Answer.url`. */
  readonly credentialsStayedAt?: string;
  /** Of the servers that were asked, in turn: the last one answered. */
  readonly hosts: readonly string[];
}

/** A new connection costs more than reading so much that is not wanted. */
const SMALL_REST_BYTES = 64 * 1024;
const DRAIN_MS = 1_000;

/** Reads what is left of a body to its end, where that is little and comes soon; `stop` breaks off what does not. */
export async function drain(read: IncomingBody['read'], restBytes: number, stop: () => void): Promise<void> {
  if (restBytes > SMALL_REST_BYTES) return;
  const timer = setTimeout(stop, DRAIN_MS);
  try {
    const scratch = new Uint8Array(SMALL_REST_BYTES);
    let drained = 0;
    for (let got = await read(scratch); got > 0 && drained <= SMALL_REST_BYTES; got = await read(scratch))
      drained += got;
  } catch {
    // Then the connection is closed, which frees it as well.
  } finally {
    clearTimeout(timer);
  }
}
