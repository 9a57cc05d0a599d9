import type { DigestAlgorithm, Digests } from '../transfer/digests.ts';
import type { Listed } from './entry.ts';
import { Entries } from './finish/entries.ts';
import { Roll } from './finish/roll.ts';
import type { ListOptions } from './options.ts';

/** An entry that is in no list, as it is given. */
export interface GivenEntry {
  /** URLs of the same bytes, the best first. */
  readonly sources: readonly string[];
  /** @default the last segment of the URL */
  readonly name?: string;
  readonly sizeBytes?: number;
  readonly digests?: Digests;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Numbered, named and checked as those of a list are. */
export async function* givenEntries(
  given: Iterable<GivenEntry> | AsyncIterable<GivenEntry>,
  options: ListOptions,
): AsyncGenerator<Listed> {
  const entries = new Entries(options, new Roll(options));
  let index = 0;
  for await (const { sources, name, sizeBytes, digests = {}, headers } of given) {
    const written = (Object.keys(digests) as DigestAlgorithm[]).map((algorithm) => ({
      algorithm,
      value: digests[algorithm] ?? '',
    }));
    const listed = entries.made({
      at: { pointer: `/${index}` },
      sources,
      name,
      size: sizeBytes === undefined ? undefined : String(sizeBytes),
      digests: written,
      ...(headers === undefined ? {} : { headers }),
    });
    index += 1;
    if (listed !== undefined) yield listed;
  }
}
