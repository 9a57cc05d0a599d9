import { PieceworkError } from '../../../errors/error.ts';
import type { Entry, InvalidEntry, Listed as ListedEntry } from '../../../lists/entry.ts';
import type { BatchEntry, Listed } from '../../../transfer/batch/entry.ts';
import type { SourceLocator } from '../../../transfer/locators.ts';
import { stated } from '../../../values/stated.ts';

/**
 * What a list holds, as a batch takes it.
 * @param source what is said of every source besides its URL
 * @param counted counts entries that have the name of an earlier one
 * @param refused what to do where two entries have one name, which ends the list. @default it does not
 * @throws PieceworkError `InvalidList`
 */
export async function* listedEntries(
  read: AsyncIterable<ListedEntry>,
  source: Omit<SourceLocator, 'url'>,
  counted: { collisions: number },
  refused: string | undefined,
): AsyncGenerator<Listed> {
  for await (const listed of read) {
    if (listed.kind === 'entry') {
      yield batchEntry(listed, source);
      continue;
    }
    if (listed.collidesWith !== undefined && refused !== undefined) throw collision(listed, refused);
    if (listed.collidesWith !== undefined) counted.collisions += 1;
    const { number, code, message } = listed;
    yield { number, source: '', name: '', error: { code, message } };
  }
}

function collision({ message }: InvalidEntry, help: string): PieceworkError {
  return new PieceworkError('InvalidList', `${message}; nothing was begun: ${help}`);
}

function batchEntry(
  { number, sources, name, sizeBytes, digests, headers, checksumsFrom }: Entry,
  all: Omit<SourceLocator, 'url'>,
): BatchEntry {
  const said = headers === undefined && all.headers === undefined ? {} : { headers: { ...all.headers, ...headers } };
  return {
    number,
    sources: sources.map((url) => ({ ...all, ...said, url })),
    name,
    expect: { digests, ...stated({ sizeBytes }) },
    ...(checksumsFrom === undefined ? {} : { checksumsFrom: { ...all, ...said, url: checksumsFrom } }),
  };
}
