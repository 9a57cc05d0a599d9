import type { Source } from './source.ts';

/** A source whose code is loaded by the first URL that needs it, so that all other transfers start without it. */
export function lazySource(schemes: readonly string[], load: () => Promise<Source>): Source {
  let loading: Promise<Source> | undefined;
  const loaded = (): Promise<Source> => {
    loading ??= load();
    return loading;
  };
  return {
    schemes,
    probe: async (...asked) => (await loaded()).probe(...asked),
    open: async (...asked) => (await loaded()).open(...asked),
    copySource: async (...asked) => (await loaded()).copySource(...asked),
    async [Symbol.asyncDispose]() {
      // What was never needed, or could not be made, has nothing to close.
      const source = await loading?.catch(() => undefined);
      await source?.[Symbol.asyncDispose]();
    },
  };
}
