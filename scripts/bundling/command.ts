import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { build } from 'esbuild';
import { OPTIONS, ROOT } from './options.ts';

/** Writes the command line as it is shipped: `main.js`, and beside it what is read only when it is needed. */
export async function bundleCommand(folder: string): Promise<Metafile> {
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints: {
      main: join(ROOT, 'cli', 'main.ts'),
      // The demo starts it in a process of its own, by its path.
      'origin-process': join(ROOT, 'cli', 'demo', 'origin-process.ts'),
    },
    outdir: folder,
    // The oldest Node that is promised.
    target: 'node22.19',
  });
  return metafile;
}
