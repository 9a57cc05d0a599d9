import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { IncomingBody } from './incoming-body.ts';
import type { SpeedFloor } from './speed.ts';
import { speedJudge } from './speed.ts';

export interface BodyReaderOptions {
  /** Where it comes from; shown redacted. */
  readonly url: URL;
  readonly body: IncomingBody;
  /** What the body must have, counted. `undefined` = not stated; then the protocol's own framing is the only proof. */
  readonly expectedBytes: number | undefined;
  readonly floor: SpeedFloor;
}

/**
 * Counts a body while it is read. Never gives out more than was promised, and ends (0) only after exactly that.
 * Throws `BodyShort`, `BodyLong`, `SourceStalled` and what the connection throws.
 */
export function bodyReader({ url, body, expectedBytes, floor }: BodyReaderOptions): ByteReader {
  const target = redactUrl(url.href);
  const next = floor.minBytesPerSecond > 0 ? judged(body, floor, target) : (into: Uint8Array) => body.read(into);
  let received = 0;
  let hasEnded = false;

  return {
    async read(into) {
      if (into.length === 0) throw new RangeError('a read needs room for at least one byte');
      if (hasEnded) return 0;
      const room = expectedBytes === undefined ? into : into.subarray(0, expectedBytes - received);
      const got = room.length === 0 ? 0 : await next(room);
      received += got;
      if (got === 0 && expectedBytes !== undefined && received < expectedBytes)
        throw short(target, received, expectedBytes);
      if (received === expectedBytes) {
        // Before the last bytes are given out: a server that sends more may have sent something else.
        if ((await next(new Uint8Array(1))) > 0) throw long(target, expectedBytes);
        hasEnded = true;
      }
      return got;
    },
    [Symbol.asyncDispose]: () =>
      body.discard(expectedBytes === undefined ? undefined : Math.max(0, expectedBytes - received)),
  };
}

function judged(body: IncomingBody, floor: SpeedFloor, target: string): IncomingBody['read'] {
  const fastEnough = speedJudge(floor);
  return async (into) => {
    const since = performance.now();
    const got = await body.read(into);
    if (got > 0 && !fastEnough(got, performance.now() - since)) {
      throw new PieceworkError(
        'SourceStalled',
        `${target}: the body came slower than the least speed of ${floor.minBytesPerSecond} bytes per second`,
        { details: { target, belowMinSpeed: true } },
      );
    }
    return got;
  };
}

function short(target: string, receivedBytes: number, expectedBytes: number): PieceworkError {
  return new PieceworkError('BodyShort', `${target}: the body ended after ${receivedBytes} of ${expectedBytes} bytes`, {
    details: { target, receivedBytes, expectedBytes },
  });
}

function long(target: string, expectedBytes: number): PieceworkError {
  return new PieceworkError(
    'BodyLong',
    `${target}: the body has more than the ${expectedBytes} bytes that were asked for`,
    { details: { target, expectedBytes } },
  );
}
