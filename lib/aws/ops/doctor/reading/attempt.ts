import { asPieceworkError, PieceworkError } from '../../../../errors/error.ts';
import type { Seen } from '../seen.ts';

/** What an answer says that does not know the call at all, as stand-ins for AWS give it. */
export const NOT_IMPLEMENTED = 501;

/** What was read, or the sentence that says why it could not be. Ctrl-C ends all of it. */
export async function attempt<T>(signal: AbortSignal, read: () => Promise<T>): Promise<Seen<T>> {
  signal.throwIfAborted();
  try {
    return { value: await read() };
  } catch (thrown) {
    signal.throwIfAborted();
    const { message: unseen, details } = asPieceworkError(thrown);
    const { serviceStatus, isOffered } = details;
    return serviceStatus === NOT_IMPLEMENTED || isOffered === false ? { unseen, isAbsent: true } : { unseen };
  }
}

/** For what answers, and not as AWS does. */
export function notOffered(sentence: string): PieceworkError {
  return new PieceworkError('HomeRefused', sentence, { details: { isOffered: false } });
}
