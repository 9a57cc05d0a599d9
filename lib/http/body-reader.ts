import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import type { ByteReader } from '../values/bytes.ts';
import type { Answer, AnswerBody } from './exchange.ts';
import type { SpeedFloor } from './speed.ts';
import { speedJudge } from './speed.ts';

export interface BodyReaderOptions {
  readonly answer: Pick<Answer, 'url' | 'body'>;
  /** What the body must have, counted. `undefined` = nobody said; then HTTP's own framing is the only proof. */
  readonly expectedBytes: number | undefined;
  readonly floor: SpeedFloor;
}

/**
 * Counts a body while it is read. Never gives out more than was promised, and ends (0) only after exactly that.
 * Throws `BodyShort`, `BodyLong`, `SourceStalled` and what the connection throws.
 */
export function bodyReader({ answer, expectedBytes, floor }: BodyReaderOptions): ByteReader {
  const target = redactUrl(answer.url.href);
  const next = floor.minBytesPerSecond > 0 ? judged(answer.body, floor, target) : () => answer.body.next();
  let received = 0;
  let rest: Uint8Array = new Uint8Array(0);

  async function receive(): Promise<boolean> {
    const chunk = await next();
    if (chunk === undefined) {
      if (expectedBytes !== undefined && received < expectedBytes) throw short(target, received, expectedBytes);
      return false;
    }
    received += chunk.length;
    if (expectedBytes !== undefined && received > expectedBytes) throw long(target, expectedBytes);
    rest = chunk;
    return true;
  }

  return {
    async read(into) {
      if (into.length === 0) throw new RangeError('a read needs room for at least one byte');
      while (rest.length === 0) {
        if (!(await receive())) return 0;
      }
      const given = rest.subarray(0, into.length);
      into.set(given);
      rest = rest.subarray(given.length);
      return given.length;
    },
    [Symbol.asyncDispose]: () =>
      answer.body.discard(expectedBytes === undefined ? undefined : Math.max(0, expectedBytes - received)),
  };
}

function judged(body: AnswerBody, floor: SpeedFloor, target: string): AnswerBody['next'] {
  const fastEnough = speedJudge(floor);
  return async () => {
    const since = performance.now();
    const chunk = await body.next();
    if (chunk !== undefined && !fastEnough(chunk.length, performance.now() - since)) {
      throw new PieceworkError(
        'SourceStalled',
        `${target}: the body came slower than the least speed of ${floor.minBytesPerSecond} bytes per second`,
        { details: { target } },
      );
    }
    return chunk;
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
