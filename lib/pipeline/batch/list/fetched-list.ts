import { PieceworkError } from '../../../errors/error.ts';
import { shownUrl } from '../../../errors/secret-url-path.ts';
import type { ListPlace, OpenedPage } from '../../../lists/whole/read-whole-list.ts';
import type { Sources } from '../../../sources/source.ts';
import type { SourceLocator } from '../../../transfer/locators.ts';
import { chunksOf } from '../../../values/chunks.ts';

const CHUNK_BYTES = 1024 ** 2;
/** A store answers so too where a key is not there that may not be listed. */
const ABSENT: ReadonlySet<string> = new Set(['SourceNotFound', 'SourceGone', 'SourceForbidden']);

/**
 * A list at a URL, with its further pages and what lies beside it: each is a source of its own, asked for with what is
 * said of the list, and read once, on one connection, as it comes.
 */
export function fetchedList(sources: Sources, from: SourceLocator, signal: AbortSignal): ListPlace {
  async function open(url = from.url): Promise<OpenedPage> {
    const probe = await sources(url).probe({ ...from, url }, 'all', { signal });
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunksOf(probe.body, CHUNK_BYTES);
      } finally {
        await probe[Symbol.asyncDispose]();
      }
    }
    return { chunks: chunks(), next: probe.nextPage };
  }

  return {
    open,
    async beside(name) {
      const url = URL.parse(name, from.url)?.href;
      if (url === undefined) return undefined;
      try {
        return (await open(url)).chunks;
      } catch (error) {
        if (error instanceof PieceworkError && ABSENT.has(error.code)) return undefined;
        throw error;
      }
    },
    shown: (url) => shownUrl({ ...from, url }),
  };
}
