import { asPieceworkError } from '../errors/error.ts';
import type { Rephrase } from '../errors/rephrased.ts';
import { rephrased, rephrasedReader } from '../errors/rephrased.ts';
import { withoutPath, withoutSecretPath } from '../errors/secret-url-path.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import { stated } from '../values/stated.ts';
import type { Source } from './source.ts';

/**
 * The same source; where the locator says that its path is secret, nothing of a path is in what it says: no error, no
 * final URL, no name of the file, no object that a store would copy by itself.
 */
export function withSecretPaths(source: Source): Source {
  return {
    ...source,
    async probe(from, firstBytes, call) {
      if (from.secretPath !== true) return await source.probe(from, firstBytes, call);
      const rephrase = rephraseFor(from);
      const probe = await rephrased(rephrase, () => source.probe(from, firstBytes, call));
      const { name, ...snapshot } = probe.snapshot;
      return {
        // HTTP leaves out a name of the path by itself, and may have one of the answer.
        snapshot: name === undefined || !/^https?:/i.test(from.url) ? snapshot : { ...snapshot, name },
        finalUrl: withoutPath(probe.finalUrl),
        body: rephrasedReader(rephrase, probe.body),
        bodyIsWhole: probe.bodyIsWhole,
        // As it is: it is asked for, and shown by the same rule.
        ...stated({ httpStatus: probe.httpStatus, nextPage: probe.nextPage }),
        [Symbol.asyncDispose]: () => probe[Symbol.asyncDispose](),
      };
    },
    async open(from, snapshot, range, call) {
      if (from.secretPath !== true) return await source.open(from, snapshot, range, call);
      const rephrase = rephraseFor(from);
      return rephrasedReader(rephrase, await rephrased(rephrase, () => source.open(from, snapshot, range, call)));
    },
    copySource: async (from) => (from.secretPath === true ? undefined : await source.copySource(from)),
  };
}

function rephraseFor({ url }: SourceLocator): Rephrase {
  return (thrown) => withoutSecretPath(asPieceworkError(thrown), url);
}
