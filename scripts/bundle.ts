import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { build } from 'esbuild';
import { STAGES } from '../lib/aws/names.ts';
import { formatBytes } from '../lib/values/units.ts';

/*
 * The functions as they are shipped: `index.mjs`, and beside it what is loaded only when it is needed (FTP,
 * SSH, S3 as a source), with the pinned SDK inside, minified, with source maps. An app that installs the package
 * deploys these and needs no esbuild.
 */
const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'dist', 'lambda');

/** Packages that are CommonJS inside ask for `require`, which an ES module has not. */
const REQUIRE =
  "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);";

/** Of ssh2: what it is built with here runs on no Lambda. It finds them missing, and uses Node's own cryptography. */
const NATIVE = ['cpu-features', '*.node'];

await rm(OUT, { recursive: true, force: true });
for (const stage of STAGES) {
  const outdir = join(OUT, stage);
  const { metafile } = await build({
    entryPoints: { index: join(ROOT, 'functions', stage, 'handler.ts') },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    external: NATIVE,
    // Likewise CommonJS's; ssh2 looks for a program of Windows beside itself.
    define: { __dirname: 'import.meta.dirname' },
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
    metafile: true,
  });
  const first = reachedAtOnce(metafile, relative(process.cwd(), join(outdir, 'index.mjs')));
  const [atOnce, onDemand] = [
    await sizeOf(first),
    await sizeOf(codeOf(metafile).filter((path) => !first.includes(path))),
  ];
  console.log(`${stage.padEnd(10)}${atOnce} at the start, ${onDemand} when needed`);
}

function codeOf({ outputs }: Metafile): string[] {
  return Object.keys(outputs).filter((path) => path.endsWith('.mjs'));
}

/** What Node reads before a function can begin: the entry with all that it imports by statement. */
function reachedAtOnce({ outputs }: Metafile, entry: string): string[] {
  const reached = new Set([entry]);
  for (const path of reached) {
    for (const { path: other, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && other in outputs) reached.add(other);
    }
  }
  return [...reached];
}

async function sizeOf(paths: readonly string[]): Promise<string> {
  const files = await Promise.all(paths.map((path) => readFile(path)));
  const sum = (sizes: readonly number[]) => formatBytes(sizes.reduce((all, one) => all + one, 0));
  return `${sum(files.map(({ length }) => length))} (${sum(files.map((code) => gzipSync(code).length))} compressed)`;
}
