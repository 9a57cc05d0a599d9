import type { Records } from '../../records/records.ts';

/**
 * All paths under a prefix, ascending, page after page as they are wanted.
 * @param after only those after this path
 */
export async function* pathsUnder(
  records: Pick<Records, 'list'>,
  prefix: string,
  after?: string,
): AsyncGenerator<string> {
  let cursor = after;
  do {
    const page = await records.list(prefix, cursor);
    yield* page.paths;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
