import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { build } from 'esbuild';
import { OPTIONS, ROOT } from './options.ts';
import { together } from './together.ts';

const MAIN = join(ROOT, 'cli', 'main.ts');
/** Read by a copy into a file, and by all that does more. */
const COPY = [join(ROOT, 'lib', 'local', 'open.ts'), join(ROOT, 'lib', 'destinations', 'file', 'destination.ts')];

/** Writes the command line as it is shipped: `main.js`, and beside it what is read only when it is needed. */
export async function bundleCommand(folder: string): Promise<Metafile> {
  // The oldest Node that is promised.
  const options = { ...OPTIONS, outdir: folder, target: 'node22.19' };
  const { metafile } = await build({
    ...options,
    entryPoints: { main: MAIN },
    plugins: [together(MAIN, COPY), ...OPTIONS.plugins],
  });
  // The demo starts it in a process of its own, by its path.
  await build({ ...options, entryPoints: { 'origin-process': join(ROOT, 'cli', 'demo', 'origin-process.ts') } });
  return metafile;
}
