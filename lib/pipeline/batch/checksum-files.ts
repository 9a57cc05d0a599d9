import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { isInvalidList } from '../../lists/input/invalid-list.ts';
import { hostOf } from '../../records/records.ts';
import type { BatchEntry } from '../../transfer/batch/entry.ts';
import type { Digests } from '../../transfer/digests.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import { chunksOf } from '../../values/chunks.ts';
import { decodedOrAsIs } from '../../values/web/decoded.ts';
import { atPlace } from './host-pace.ts';
import type { BatchWork } from './work.ts';

const CHUNK_BYTES = 64 * 1024;

/** Digests by the numbers of entries. */
type Found = ReadonlyMap<number, Digests>;

export interface ChecksumFiles {
  /**
   * The entry with the digests that stand in its checksum file.
   * @throws PieceworkError `DigestMissing`, and those of the file as a source.
   */
  proved(entry: BatchEntry, signal: AbortSignal): Promise<BatchEntry>;
}

/** Each checksum file is read once for the entries of a shard, and of its digests only theirs are kept. */
export function checksumFiles(work: Pick<BatchWork, 'ports' | 'paceOf'>, shard: readonly BatchEntry[]): ChecksumFiles {
  const reading = new Map<string, Promise<Found>>();

  function digestsAt(from: SourceLocator, signal: AbortSignal): Promise<Found> {
    const before = reading.get(from.url);
    if (before !== undefined) return before;
    const entries = shard.filter(({ checksumsFrom }) => checksumsFrom?.url === from.url);
    const now = read(work, from, entries, signal);
    reading.set(from.url, now);
    // What failed may be read at the next try.
    now.catch(() => reading.delete(from.url));
    return now;
  }

  return {
    async proved(entry, signal) {
      const { checksumsFrom: from, expect } = entry;
      if (from === undefined) return entry;
      const digests = (await digestsAt(from, signal)).get(entry.number) ?? {};
      if (Object.keys(digests).length === 0)
        throw new PieceworkError('DigestMissing', `${redactUrl(from.url)} has no digest of ${entry.name}`);
      return { ...entry, expect: { ...expect, digests: { ...digests, ...expect.digests } } };
    },
  };
}

/** As politely as any other file of its host. */
async function read(
  { ports, paceOf }: Pick<BatchWork, 'ports' | 'paceOf'>,
  from: SourceLocator,
  entries: readonly BatchEntry[],
  signal: AbortSignal,
): Promise<Found> {
  // Few lists need what reads lists here: a worker begins sooner without it.
  const { readDigests } = await import('../../lists/whole/manifest.ts');
  return await atPlace(paceOf(from.url), signal, async () => {
    using _connection = await ports.connect(hostOf(from.url), signal);
    await using probe = await ports.sources(from.url).probe(from, 'all', { signal });
    try {
      const table = await readDigests(chunksOf(probe.body, CHUNK_BYTES));
      return new Map(entries.map((entry) => [entry.number, table.of(nameIn(from.url, entry))]));
    } catch (error) {
      throw isInvalidList(error) ? noChecksums(from.url, error) : error;
    }
  });
}

function noChecksums(url: string, cause: PieceworkError): PieceworkError {
  return new PieceworkError('DigestMissing', `${redactUrl(url)} is no checksum file`, { cause });
}

/** What the checksum file calls it: its path below the file's own folder; elsewhere, its last segment. */
function nameIn(checksums: string, { sources: [source] }: BatchEntry): string {
  const folder = URL.parse('.', checksums);
  const file = URL.parse(source?.url ?? '');
  if (folder === null || file === null) return '';
  const isBelow = file.host === folder.host && file.pathname.startsWith(folder.pathname);
  const path = isBelow ? file.pathname.slice(folder.pathname.length) : file.pathname.replace(/^.*\//, '');
  return decodedOrAsIs(path);
}
