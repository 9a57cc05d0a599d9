import { call } from './call.ts';
import type { Outcome, OutcomePage } from './shapes.ts';

/** What became of a batch's entries, page for page. @throws Problem */
export async function* outcomePages(batchId: string, signal?: AbortSignal): AsyncGenerator<readonly Outcome[]> {
  let cursor: string | undefined;
  do {
    const page: OutcomePage = await call('GET', `/v1/batches/${batchId}/outcomes`, {
      query: { limit: 1000, cursor },
      ...(signal === undefined ? {} : { signal }),
    });
    yield page.outcomes;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
