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
  const sourceAt = (url: string): SourceLocator => ({ ...meantFor(url, all), ...said, url });
  return {
    number,
    sources: sources.map(sourceAt),
    name,
    expect: { digests, ...stated({ sizeBytes }) },
    ...(checksumsFrom === undefined ? {} : { checksumsFrom: sourceAt(checksumsFrom) }),
  };
}

/** Of what is said of every source, what only one scheme knows is said to no other. */
function meantFor(url: string, all: Omit<SourceLocator, 'url'>): Omit<SourceLocator, 'url'> {
  const { auth, hostFingerprint, store, ...each } = all;
  const isSftp = /^sftp:/i.test(url);
  return {
    ...each,
    ...stated({
      auth: auth?.kind === 'key' && !isSftp ? undefined : auth,
      hostFingerprint: isSftp ? hostFingerprint : undefined,
      store: /^s3:/i.test(url) ? store : undefined,
    }),
  };
}
