import { join } from 'node:path';
import { forgetHeapFlags } from '../heap.ts';
import type { CompiledCode } from './compiled-code.ts';
import { compiledCode } from './compiled-code.ts';
import { runScript } from './scripts.ts';

export interface Start {
  /** The word that says what to do, as it was typed; empty where there is none. */
  readonly verb: string;
  /** Where compiled code is kept. @default nowhere */
  readonly cacheFolder?: string | undefined;
}

/** After that V8 has thrown away the code of what ran at the start only. */
const SOON_MS = 10_000;

/** Called by bin/piecework.js: runs the command line's bundle, which lies beside this file. */
export function start({ verb, cacheFolder }: Start): void {
  // By verb: each calls functions of its own, and has no use for another's.
  const code = cacheFolder === undefined ? undefined : compiledCode(join(cacheFolder, `${verb || 'piecework'}.code`));
  if (code !== undefined) keepAtExit(code);
  runScript(__dirname, 'main.cjs', code);
}

function keepAtExit(code: CompiledCode): void {
  process.once('exit', (exitCode) => {
    // A word that is no verb is not to leave a file behind.
    if (exitCode !== 0 || performance.now() > SOON_MS) return;
    // V8 rejects code that was written under other flags than it is read under.
    forgetHeapFlags();
    code.keep();
  });
}
