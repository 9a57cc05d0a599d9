import { DigestTable } from '../input/digest-table.ts';
import { bagName } from '../lines/bagit.ts';
import { readList } from '../read-list.ts';

/** Any folder: only what follows it counts. */
const FOLDER = 'https://checksums.invalid/';

/**
 * The digests of a checksum file, by the names that stand in it. Lines that are none are passed over.
 * @throws PieceworkError `InvalidList`: it is no checksum file; and what the chunks throw
 */
export async function readDigests(
  chunks: AsyncIterable<Uint8Array>,
  nameOf: (name: string) => string = (name) => name,
): Promise<DigestTable> {
  const table = new DigestTable();
  for await (const listed of await readList(chunks, { format: 'checksums', base: FOLDER })) {
    if (listed.kind === 'invalid') continue;
    const [url] = listed.sources;
    table.add(nameOf(decodeURIComponent(url.slice(FOLDER.length))), listed.digests);
  }
  return table;
}

/** The manifest of a bag. */
export async function readManifest(chunks: AsyncIterable<Uint8Array>): Promise<DigestTable> {
  return await readDigests(chunks, bagName);
}
