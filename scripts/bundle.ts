import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { STAGES } from '../lib/aws/names.ts';
import { formatBytes } from '../lib/values/units.ts';

/*
 * The functions as they are shipped: one file each, with the pinned SDK inside, minified, its source map beside. Whoever installs the
 * package deploys these and needs no esbuild.
 */
const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'dist', 'lambda');

/** Packages that are CommonJS inside ask for `require`, which an ES module has not. */
const REQUIRE =
  "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);";

await rm(OUT, { recursive: true, force: true });
for (const stage of STAGES) {
  const outfile = join(OUT, stage, 'index.mjs');
  await build({
    entryPoints: [join(ROOT, 'functions', stage, 'handler.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    // Error names and classes are read by people in logs.
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
  const code = await readFile(outfile);
  console.log(
    `${stage.padEnd(10)}${formatBytes(code.length).padStart(10)}${formatBytes(gzipSync(code).length).padStart(10)} compressed`,
  );
}
