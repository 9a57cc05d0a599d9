import type { Origin } from '../../support/origin.ts';
import { sendResource } from '../../support/origin-resource.ts';
import type { PlannedFile } from './plan.ts';
import { resourceOf, wrongResource } from './plan.ts';

/** A server with the planned files: some are not as the list says, until it is healed; some grow once asked for. */
export interface BatchDouble {
  /** Requests for the file so far. */
  asked(file: PlannedFile): number;
  /** Requests in all. */
  readonly total: number;
  /** Which version it has now. */
  versionOf(file: PlannedFile): 1 | 2;
  /** From now on each file is there, as the list says. */
  heal(): void;
}

export function serveBatch(origin: Origin, files: readonly PlannedFile[]): BatchDouble {
  const asked = new Map<number, number>();
  const grown = new Set<number>();
  let total = 0;
  let isHealed = false;
  const versionOf = ({ number }: PlannedFile) => (grown.has(number) ? 2 : 1);
  for (const file of files) {
    const { number, cause, grows } = file;
    origin.serve(`/${number}`, async (request, response, logged) => {
      asked.set(number, (asked.get(number) ?? 0) + 1);
      total += 1;
      const version = versionOf(file);
      // It is appended to while the first answer is on its way.
      if (grows) grown.add(number);
      const what = cause === undefined || isHealed ? resourceOf(file, version) : wrongResource(file, cause);
      if ('status' in what) response.writeHead(what.status).end();
      else await sendResource(what, request, response, logged);
    });
  }
  return {
    asked: ({ number }) => asked.get(number) ?? 0,
    get total() {
      return total;
    },
    versionOf,
    heal() {
      isHealed = true;
    },
  };
}
