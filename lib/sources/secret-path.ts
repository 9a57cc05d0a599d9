import { asPieceworkError } from '../errors/error.ts';
import { withoutPath, withoutSecretPath } from '../errors/secret-url-path.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import type { ByteReader } from '../values/bytes.ts';
import type { Source } from './source.ts';

/**
 * The same source; where the locator says that its path is secret, nothing of a path is in what it says: no error, no
 * final URL, no name of the file, no object that a store would copy by itself.
 */
export function withSecretPaths(source: Source): Source {
  return {
    schemes: source.schemes,
    async probe(from, firstBytes, call) {
      if (from.secretPath !== true) return await source.probe(from, firstBytes, call);
      const probe = await silent(from, () => source.probe(from, firstBytes, call));
      const { name, ...snapshot } = probe.snapshot;
      return {
        // HTTP leaves out a name of the path by itself, and may have one of the answer.
        snapshot: name === undefined || !/^https?:/i.test(from.url) ? snapshot : { ...snapshot, name },
        finalUrl: withoutPath(probe.finalUrl),
        body: silentReader(from, probe.body),
        bodyIsWhole: probe.bodyIsWhole,
        [Symbol.asyncDispose]: () => probe[Symbol.asyncDispose](),
      };
    },
    async open(from, snapshot, range, call) {
      if (from.secretPath !== true) return await source.open(from, snapshot, range, call);
      return silentReader(from, await silent(from, () => source.open(from, snapshot, range, call)));
    },
    copySource: async (from) => (from.secretPath === true ? undefined : await source.copySource(from)),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

function silentReader(from: SourceLocator, reader: ByteReader): ByteReader {
  return {
    read: (into) => silent(from, () => reader.read(into)),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

async function silent<T>(from: SourceLocator, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw withoutSecretPath(asPieceworkError(thrown), from.url);
  }
}
