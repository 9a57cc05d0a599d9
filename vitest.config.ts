import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

/** Unit tests compute; the others start servers and processes. e2e stands apart, it needs a whole cloud. */
const projects = [
  { name: 'unit', seconds: 10 },
  { name: 'contract', seconds: 30 },
  { name: 'integration', seconds: 60 },
  { name: 'simulation', seconds: 300 },
  { name: 'browser', seconds: 60 },
  { name: 'infra', seconds: 60 },
  { name: 'fuzz', seconds: 300 },
];

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/support/temporary.ts'],
    // One more than there are cores: half of their time, most files wait for a server or a process.
    maxWorkers: availableParallelism() + 1,
    projects: projects.map(({ name, seconds }) => ({
      extends: true,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        setupFiles: ['test/support/leak-guard.ts'],
        testTimeout: seconds * 1000,
        hookTimeout: seconds * 1000,
        pool: 'forks',
        restoreMocks: true,
        unstubEnvs: true,
        unstubGlobals: true,
      },
    })),
  },
});
