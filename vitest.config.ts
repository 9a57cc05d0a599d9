import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

/** Unit tests compute; the others start servers and processes. e2e stands apart, it needs a whole cloud. */
const projects = [
  { name: 'unit', seconds: 10 },
  { name: 'contract', seconds: 30 },
  { name: 'integration', seconds: 60 },
  { name: 'simulation', seconds: 300 },
  // On a busy machine the page may not be drawn in time: that, and nothing else, is tried once more.
  { name: 'browser', seconds: 60, retry: { count: 1, condition: /Timeout \d+ms exceeded/ } },
  { name: 'infra', seconds: 60 },
  { name: 'fuzz', seconds: 300 },
];

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/support/temporary.ts'],
    // One more than there are cores: half of their time, most files wait for a server or a process.
    maxWorkers: availableParallelism() + 1,
    projects: projects.map(({ name, seconds, retry = 0 }) => ({
      extends: true,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        setupFiles: ['test/support/leak-guard.ts', 'test/support/patience.ts'],
        testTimeout: seconds * 1000,
        hookTimeout: seconds * 1000,
        retry,
        pool: 'forks',
        restoreMocks: true,
        unstubEnvs: true,
        unstubGlobals: true,
      },
    })),
  },
});
