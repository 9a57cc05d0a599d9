/**
 * Mutation testing of the pure core by its unit tests. Run from the top:
 * `npm run stryker -- --mutate lib/transfer/decide/decide.ts`. Texts are not mutated: messages are for people,
 * and codes are held by the types.
 */
export default {
  mutate: ['lib/transfer/**/*.ts'],
  mutator: { excludedMutations: ['StringLiteral'] },
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'tools/stryker/vitest.config.js' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  incremental: true,
  incrementalFile: '.cache/stryker/incremental.json',
  tempDirName: '.cache/stryker/copies',
  reporters: ['clear-text', 'json'],
  jsonReporter: { fileName: '.cache/stryker/report.json' },
  clearTextReporter: { reportTests: false },
  thresholds: { high: 95, low: 90, break: 85 },
};
