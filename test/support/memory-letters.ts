import type { Letter, Letters } from '../../lib/queues/sqs/letters.ts';

/** A queue of letters in memory, which hides what was taken until it is given back. */
export interface MemoryLetters extends Letters {
  /** The bodies of all that is there, hidden or not. */
  bodies(): readonly string[];
  /** The same, of what can be taken. */
  visible(): readonly string[];
  put(...bodies: readonly string[]): void;
}

export function memoryLetters(...first: readonly string[]): MemoryLetters {
  const there = new Map<string, { readonly body: string; hidden: boolean }>();
  let serial = 0;
  const put = (...bodies: readonly string[]) => {
    for (const body of bodies) {
      serial += 1;
      there.set(`m${serial}`, { body, hidden: false });
    }
  };
  put(...first);
  return {
    put,
    bodies: () => [...there.values()].map(({ body }) => body),
    visible: () => [...there.values()].flatMap(({ body, hidden }) => (hidden ? [] : [body])),
    async take() {
      const some = [...there].filter(([, { hidden }]) => !hidden).slice(0, 10);
      return some.map(([id, entry]): Letter => {
        entry.hidden = true;
        return { id, body: entry.body, receipt: id };
      });
    },
    async drop(letters) {
      for (const { receipt } of letters) there.delete(receipt);
    },
    async giveBack(letters) {
      for (const { receipt } of letters) {
        const entry = there.get(receipt);
        if (entry !== undefined) entry.hidden = false;
      }
    },
  };
}
