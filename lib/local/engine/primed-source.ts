import type { Probe, Sources } from '../../sources/source.ts';
import type { SourceLocator } from '../../transfer/locators.ts';

/**
 * Hands a probe that was made before the submit to the planner that comes after it, once: one contact instead of two.
 */
export interface PrimedSources {
  readonly sources: Sources;
  prime(locator: SourceLocator, firstBytes: number, probe: Probe): void;
  /** Closes a probe that was not asked for. Another may be primed after it. */
  [Symbol.asyncDispose](): Promise<void>;
}

export function primedSources(sources: Sources): PrimedSources {
  let primed: { readonly locator: string; readonly firstBytes: number; readonly probe: Probe } | undefined;

  function take(locator: SourceLocator, firstBytes: number | 'all'): Probe | undefined {
    if (primed === undefined || primed.locator !== JSON.stringify(locator) || primed.firstBytes !== firstBytes)
      return undefined;
    const { probe } = primed;
    primed = undefined;
    return probe;
  }

  return {
    sources: (url) => {
      const source = sources(url);
      return {
        ...source,
        async probe(from, firstBytes, call) {
          const probe = take(from, firstBytes);
          return probe === undefined ? await source.probe(from, firstBytes, call) : endingWith(call.signal, probe);
        },
      };
    },
    prime(locator, firstBytes, probe) {
      primed = { locator: JSON.stringify(locator), firstBytes, probe };
    },
    async [Symbol.asyncDispose]() {
      const left = primed;
      primed = undefined;
      await left?.probe[Symbol.asyncDispose]();
    },
  };
}

/** The probe was made under its maker's signal; it ends with that of its taker as well. */
function endingWith(signal: AbortSignal, probe: Probe): Probe {
  const dispose = () => probe[Symbol.asyncDispose]();
  const onAbort = () => void dispose();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    ...probe,
    body: {
      async read(into) {
        signal.throwIfAborted();
        const got = await probe.body.read(into);
        signal.throwIfAborted();
        return got;
      },
      [Symbol.asyncDispose]: dispose,
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', onAbort);
      await dispose();
    },
  };
}
