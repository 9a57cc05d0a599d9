import type { Operation } from './failures.ts';

/** How long the answer to a write is still waited for that was stopped when all of it was on its way. */
export const LAST_ANSWER_MS = 1_000;
/** Longer than that: connections end their requests themselves. */
const ENDED_MS = 1_500;

/** Without a body: what is asked for whole, the SDK would only close the connection of. */
const COPIES: ReadonlySet<Operation> = new Set(['UploadPartCopy', 'CopyObject']);
const WRITES: ReadonlySet<Operation> = new Set([...COPIES, 'UploadPart', 'PutObject']);

class Unanswered extends Error {
  override readonly name = 'AbortError';
}

/** Of a write that was stopped when all of it was on its way: it may still take effect. */
export function unanswered(): Error {
  return new Unanswered('the request was stopped before the store answered it');
}

function isUnanswered(reason: unknown): boolean {
  return reason instanceof Unanswered;
}

/**
 * Stops a request. A store does what it has whole although its connection is closed: the answer to a write is waited
 * for, a second at most, so that who looks next finds what it did.
 * @returns whether it may still take effect
 */
export async function stopRequest(operation: Operation, sent: Promise<unknown>, stop: () => void): Promise<boolean> {
  if (!WRITES.has(operation)) {
    stop();
    return false;
  }
  if (!COPIES.has(operation)) {
    stop();
    return isUnanswered(await errorWithin(sent, ENDED_MS));
  }
  const error = await errorWithin(sent, LAST_ANSWER_MS);
  stop();
  return isUnanswered(error);
}

/** What it rejected with; `undefined` = it has its answer; after this time `unanswered`. */
async function errorWithin(sent: Promise<unknown>, ms: number): Promise<unknown> {
  const late = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => late.resolve(unanswered()), ms);
  const settled = sent.then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    return await Promise.race([settled, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
