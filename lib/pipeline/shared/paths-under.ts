import type { Records } from '../../records/records.ts';

/** All paths under a prefix, ascending, page after page as they are wanted. */
export async function* pathsUnder(records: Pick<Records, 'list'>, prefix: string): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await records.list(prefix, cursor);
    yield* page.paths;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
