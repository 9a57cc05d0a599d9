import type { SqsPlace } from './call.ts';
import type { Letter } from './letters.ts';
import { sqsQueue } from './queue.ts';

/**
 * Sends letters to a queue as they are, each as a message of the one whose it is.
 * @throws PieceworkError `HomeUnavailable`, `HomeRefused`: some of them may have been sent.
 */
export async function sendBack(place: SqsPlace, letters: readonly Letter[]): Promise<void> {
  for (const [group, some] of Map.groupBy(letters, (letter) => letter.group)) {
    const queue = sqsQueue<unknown>({ ...place, groupOf: () => group });
    await queue.send(some.map(({ body }) => ({ body: JSON.parse(body) as unknown })));
  }
}
