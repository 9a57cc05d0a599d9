import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../support/closing-line.ts';

/** Apart from `npm test`: it needs a whole cloud, and minutes. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration so
export default defineConfig({
  root: join(import.meta.dirname, '..', '..'),
  test: {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/support/temporary.ts'],
    setupFiles: ['test/support/leak-guard.ts'],
    // A deployment that hangs is found by itself; everything else is as slow as the machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxConcurrency: 20,
    pool: 'forks',
  },
});
