import type { Place } from './entry.ts';

/** What was passed over in a list without harm. */
export interface Note {
  /** One sentence, without a secret. */
  readonly message: string;
  /** Where it was first; absent: of all the list. */
  readonly at?: Place;
  readonly times: number;
}

export function noteText({ message, times }: Note): string {
  return times === 1 ? message : `${message} (${times} times)`;
}
