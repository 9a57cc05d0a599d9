import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { builtins } from './builtins.ts';
import { oneLanguage } from './one-language.ts';
import { usedSchemas } from './used-schemas.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** The oldest that is promised, as esbuild writes it. */
export const OLDEST_NODE = 'node22.19';

/** Packages that are CommonJS inside ask for `require`, which an ES module has not. */
const REQUIRE = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";

/** Of ssh2: add-ons that are built where it is installed. It finds them missing, and uses Node's own cryptography. */
const NATIVE = ['cpu-features', '*.node'];

/** How all our bundles are made: minified, with source maps, and split, so that what is needed later is read later. */
export const OPTIONS = {
  bundle: true,
  splitting: true,
  external: NATIVE,
  // Likewise CommonJS's; ssh2 looks for a program of Windows beside itself.
  define: { __dirname: 'import.meta.dirname' },
  platform: 'node',
  format: 'esm',
  mainFields: ['module', 'main'],
  // Names stay: errors are read by people. esbuild's `keepNames` would set each of thousands anew at every start.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  banner: { js: REQUIRE },
  plugins: [builtins, oneLanguage, usedSchemas],
  logLevel: 'warning',
  metafile: true,
  absWorkingDir: ROOT,
} as const satisfies BuildOptions;
