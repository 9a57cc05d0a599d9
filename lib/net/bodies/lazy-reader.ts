import type { ByteReader } from '../../values/bytes.ts';

/** A reader whose body is asked for by the first read: the first look at a large file mostly wants none of it. */
export function lazyReader(open: () => Promise<ByteReader>): ByteReader {
  let opened: Promise<ByteReader> | undefined;
  return {
    async read(into) {
      opened ??= open();
      return (await opened).read(into);
    },
    async [Symbol.asyncDispose]() {
      // One that could not be opened has nothing to close, and its reader got the error.
      const reader = await opened?.catch(() => undefined);
      await reader?.[Symbol.asyncDispose]();
    },
  };
}
