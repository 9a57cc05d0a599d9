import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions, Metafile } from 'esbuild';
import { build } from 'esbuild';
import { writeAsScript } from './as-script.ts';
import { OLDEST_NODE, OPTIONS, ROOT } from './options.ts';
import { together } from './together.ts';

const MAIN = join(ROOT, 'cli', 'main.ts');
/** Read by a copy into a file, and by all that does more. */
const COPY = [join(ROOT, 'lib', 'local', 'open.ts'), join(ROOT, 'lib', 'destinations', 'file', 'destination.ts')];

/** Each in one file, which needs no other. The demo starts its server in a process of its own, by its path. */
const ALONE = {
  start: join(ROOT, 'cli', 'start', 'start.ts'),
  'origin-process': join(ROOT, 'cli', 'demo', 'origin-process.ts'),
};

/** Of all that is made. Neither `require` nor `__dirname` is missing in it. */
const COMMON = {
  ...OPTIONS,
  target: OLDEST_NODE,
  outExtension: { '.js': '.cjs' },
  banner: {},
  define: {},
} as const satisfies BuildOptions;

/**
 * Writes the command line as it is shipped: `start.cjs`, which runs `main.cjs` with the code that V8 compiled of it
 * earlier, and beside it what is read only when it is needed. V8 gives that code for scripts, and for no ES module.
 */
export async function bundleCommand(folder: string): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    entryPoints: { main: MAIN },
    plugins: [together(MAIN, COPY), ...OPTIONS.plugins],
    outdir: folder,
    // As ES modules at first: esbuild splits nothing else.
    sourcemap: 'inline',
    write: false,
  });
  await mkdir(folder, { recursive: true });
  await Promise.all(outputFiles.map(({ path, text }) => writeAsScript(path, text)));
  await build({ ...COMMON, entryPoints: ALONE, outdir: folder, splitting: false, format: 'cjs' });
  return metafile;
}
