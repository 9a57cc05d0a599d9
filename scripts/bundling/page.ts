import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { ROOT } from './options.ts';

/**
 * Writes the page as it is shipped: one script and one style sheet, named by what is in them, so that browsers may keep
 * them for ever. Nothing is inline: the page's policy allows none of it.
 */
export async function bundlePage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await build({
    configFile: false,
    root: join(ROOT, 'console'),
    base: './',
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: true,
      // Browsers of the last two years.
      target: 'es2024',
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
    },
  });
}
