import { join } from 'node:path';

/** The unit tests alone and as one project, since Stryker runs them for each fault; `root` is the copy that it made. */
export default {
  root: join(import.meta.dirname, '..', '..'),
  test: {
    name: 'unit',
    include: ['test/unit/**/*.test.ts'],
    globalSetup: ['test/support/temporary.ts'],
    setupFiles: ['test/support/leak-guard.ts'],
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  },
};
