import type { ScriptOptions } from 'node:vm';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import type { CodePack } from './code-pack.ts';
import { free, pack, readPack } from './code-pack.ts';
import { replaceOwn } from './own-file.ts';

/** What V8 compiled of the bundle's files, from one start to the next. */
export interface CompiledCode {
  /** A file of the bundle as a script, with what was compiled of it before. */
  script(file: string, source: string, options: ScriptOptions): Script;
  /** Writes what has been compiled until now, if more was than is kept. Never throws: a cache may be missing. */
  keep(): void;
}

interface Ran {
  readonly script: Script;
  readonly sourceCrc32: number;
}

/** Each of the first runs calls functions that none before it did. Later ones call a few of them. */
const RUNS = 3;

/** @param path where it is kept; what can't be read there is as if it was not there. */
export function compiledCode(path: string): CompiledCode {
  const kept = readPack(path);
  const ran = new Map<string, Ran>();
  let isNew = false;
  return {
    script(file, source, options) {
      const sourceCrc32 = crc32(source);
      const known = kept?.files.get(file);
      // V8 itself compares no more of a source than its length.
      const cachedData = known?.sourceCrc32 === sourceCrc32 ? known.code() : undefined;
      const script = new Script(source, { ...options, ...(cachedData && { cachedData }) });
      // Another version of V8 rejects it, or other flags of it.
      if (cachedData === undefined || script.cachedDataRejected === true) isNew = true;
      // V8 has made its own of it.
      if (cachedData !== undefined) free(cachedData);
      ran.set(file, { script, sourceCrc32 });
      return script;
    },
    keep() {
      const runs = isNew ? 1 : (kept?.runs ?? 0) + 1;
      if (runs > RUNS) return;
      const files = new Map(isOfOneBundle(kept, ran) ? kept?.files : []);
      for (const [file, { script, sourceCrc32 }] of ran)
        files.set(file, { sourceCrc32, code: () => script.createCachedData() });
      replaceOwn(path, pack({ runs, files }));
    },
  };
}

/** Then what other commands of the verb used of it is kept as well. */
function isOfOneBundle(kept: CodePack | undefined, ran: ReadonlyMap<string, Ran>): boolean {
  return [...ran].every(
    ([file, { sourceCrc32 }]) => (kept?.files.get(file)?.sourceCrc32 ?? sourceCrc32) === sourceCrc32,
  );
}
