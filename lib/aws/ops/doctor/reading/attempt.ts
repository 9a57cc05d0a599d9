import { asPieceworkError } from '../../../../errors/error.ts';
import type { Seen } from '../seen.ts';

/** What was read, or the sentence that says why it could not be. Ctrl-C ends all of it. */
export async function attempt<T>(signal: AbortSignal, read: () => Promise<T>): Promise<Seen<T>> {
  signal.throwIfAborted();
  try {
    return { value: await read() };
  } catch (error) {
    signal.throwIfAborted();
    return { unseen: asPieceworkError(error).message };
  }
}
