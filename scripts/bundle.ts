import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NOTIFIER, OBJECT, STAGES } from '../lib/aws/names.ts';
import { bundleCommand } from './bundling/command.ts';
import { bundleFunction } from './bundling/functions.ts';
import { writeInputs } from './bundling/inputs.js';
import { ROOT } from './bundling/options.ts';
import { bundlePage } from './bundling/page.ts';
import { describeSizes } from './bundling/sizes.ts';

/*
 * What is shipped to run: the functions (`dist/lambda/<stage>/index.mjs`), so that an app that installs the package
 * deploys them and needs no esbuild, and the command line (`dist/cli/main.cjs`). The library stays as `tsc` writes it.
 */
const DIST = join(ROOT, 'dist');

await rm(join(DIST, 'lambda'), { recursive: true, force: true });
for (const stage of [...STAGES, NOTIFIER, OBJECT] as const) {
  const metafile = await bundleFunction(stage, join(DIST, 'lambda', stage));
  console.log(`${stage.padEnd(10)}${await describeSizes(metafile, `dist/lambda/${stage}/index.mjs`)}`);
}

await rm(join(DIST, 'cli'), { recursive: true, force: true });
const metafile = await bundleCommand(join(DIST, 'cli'));
writeInputs(Object.keys(metafile.inputs));
console.log(`${'cli'.padEnd(10)}${await describeSizes(metafile, 'dist/cli/main.cjs')}`);

await bundlePage(join(DIST, 'console'));
