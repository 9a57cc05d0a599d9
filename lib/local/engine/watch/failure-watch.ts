import { PieceworkError } from '../../../errors/error.ts';

/** A message that comes back this often meets something that does not pass by itself. */
const MOST_RECEIVES = 8;
/** The same where it may pass, as a store that is cut off: about 11 minutes of redeliveries. */
const MOST_RECEIVES_IN_PASSING = 30;

/**
 * Handlers answer failures of a transfer themselves; what they throw is our own trouble (a full
 * disk under the records, a defect).
 */
export class FailureWatch {
  #last: unknown;
  readonly #hopeless = Promise.withResolvers<never>();

  constructor() {
    // It may come when nothing waits for it.
    this.#hopeless.promise.catch(() => {});
  }

  get hopeless(): Promise<never> {
    return this.#hopeless.promise;
  }

  readonly note = (error: unknown): void => {
    this.#last = error;
  };

  /** Gives up on a message that comes again and again. */
  check(receiveCount: number): void {
    const mayPass = this.#last instanceof PieceworkError && this.#last.reaction !== 'fail';
    if (receiveCount > (mayPass ? MOST_RECEIVES_IN_PASSING : MOST_RECEIVES)) this.#hopeless.reject(this.#last);
  }
}
